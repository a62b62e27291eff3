package dev.fenceline.analytics.flink;

import dev.fenceline.analytics.rule.RuleCatalogue;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Which rules the job judges by. Rules are code and cannot be shipped to a task; their names can. */
final class RuleSelection implements Serializable {
    static final RuleSelection ALL = new RuleSelection(new ArrayList<>());
    private static final long serialVersionUID = 1;

    /** Sorted, without duplicates; an ArrayList because it must be serialisable. */
    private final ArrayList<String> off;

    private transient @Nullable RuleCatalogue catalogue;

    private RuleSelection(ArrayList<String> off) {
        this.off = off;
    }

    /** All rules but those with the ids {@code off}. */
    static RuleSelection without(Collection<String> off) {
        return off.isEmpty() ? ALL : new RuleSelection(new ArrayList<>(new TreeSet<>(off)));
    }

    /** The ids of the rules that are switched off, sorted. */
    List<String> off() {
        return List.copyOf(off);
    }

    /** The rules to judge by. Building them is not free; a task asks once and keeps them. */
    RuleCatalogue catalogue() {
        RuleCatalogue known = catalogue;
        if (known == null) {
            known = RuleCatalogue.all().without(off);
            catalogue = known;
        }
        return known;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RuleSelection that && off.equals(that.off);
    }

    @Override
    public int hashCode() {
        return off.hashCode();
    }

    @Override
    public String toString() {
        return off.isEmpty() ? "all rules" : "all rules but " + String.join(", ", off);
    }
}
