package dev.fenceline.analytics.rules.access;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** Access to the contents of buffer objects: T01 to T11. */
public final class BoAccessRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(BoAccessWaitsForMoves.RULE);

    private BoAccessRules() {}
}
