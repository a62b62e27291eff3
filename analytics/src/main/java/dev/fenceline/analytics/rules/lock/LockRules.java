package dev.fenceline.analytics.rules.lock;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** Lock order and deadlocks: A-L01 to A-L04. */
public final class LockRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(
            LocksAreTakenInOrder.RULE,
            NobodyWaitsInACircle.RULE,
            CompletersStayOutOfReclaim.RULE,
            FenceLocksAreTakenInOneOrder.RULE);

    private LockRules() {}
}
