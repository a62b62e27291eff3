package dev.fenceline.analytics.flink;

import dev.fenceline.analytics.rule.RuleCatalogue;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Which rules the job judges by. Rules are code and cannot be shipped to a task; their names can. */
final class RuleSelection implements Serializable {
    static final RuleSelection ALL = new RuleSelection(new String[0]);
    private static final long serialVersionUID = 1;

    /** Sorted, without duplicates. */
    private final String[] off;

    private transient @Nullable RuleCatalogue catalogue;

    private RuleSelection(String[] off) {
        this.off = off;
    }

    /** All rules but those with the ids {@code off}. */
    static RuleSelection without(Collection<String> off) {
        return off.isEmpty() ? ALL : new RuleSelection(new TreeSet<>(off).toArray(String[]::new));
    }

    /** The ids of the rules that are switched off, sorted. */
    List<String> off() {
        return List.of(off);
    }

    /** The rules to judge by. Building them is not free; a task asks once and keeps them. */
    RuleCatalogue catalogue() {
        RuleCatalogue known = catalogue;
        if (known == null) {
            known = RuleCatalogue.all().without(off());
            catalogue = known;
        }
        return known;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RuleSelection that && Arrays.equals(off, that.off);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(off);
    }

    @Override
    public String toString() {
        return off.length == 0 ? "all rules" : "all rules but " + String.join(", ", off);
    }
}
