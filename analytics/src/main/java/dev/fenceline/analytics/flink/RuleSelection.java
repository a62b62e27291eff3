package dev.fenceline.analytics.flink;

import dev.fenceline.analytics.rules.RuleCatalogue;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which rules a session is judged by, in which order. Rules are code and cannot be shipped to a task or written to a checkpoint;
 * their ids can.
 */
final class RuleSelection implements Serializable {
    private static final long serialVersionUID = 1;

    private final String[] ids;

    private transient @Nullable RuleCatalogue catalogue;

    private RuleSelection(String[] ids) {
        this.ids = ids;
    }

    /** The rules of this version. */
    static RuleSelection all() {
        return without(List.of());
    }

    /**
     * The rules of this version but those with the ids {@code off}.
     *
     * @throws IllegalArgumentException if there is no such rule
     */
    static RuleSelection without(Collection<String> off) {
        TreeSet<String> unknown = new TreeSet<>(off);
        List<String> known = RuleCatalogue.all().ids();
        known.forEach(unknown::remove);
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(
                    "there is no rule " + String.join(", ", unknown) + "; there are " + String.join(", ", known));
        }
        return of(known.stream().filter(id -> !off.contains(id)).toArray(String[]::new));
    }

    /** The rules with these ids, in this order; whether there are such rules shows when they are asked for. */
    static RuleSelection of(String... ids) {
        return new RuleSelection(ids.clone());
    }

    /** The ids, not copied. */
    String[] ids() {
        return ids;
    }

    /**
     * The rules.
     *
     * @throws IllegalArgumentException if this version lacks one of them
     */
    RuleCatalogue catalogue() {
        RuleCatalogue known = catalogue;
        if (known == null) {
            known = RuleCatalogue.all().only(List.of(ids));
            catalogue = known;
        }
        return known;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RuleSelection that && Arrays.equals(ids, that.ids);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ids);
    }

    @Override
    public String toString() {
        return "the rules " + String.join(", ", ids);
    }
}
