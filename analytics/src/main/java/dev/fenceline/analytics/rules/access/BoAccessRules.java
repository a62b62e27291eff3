package dev.fenceline.analytics.rules.access;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** Access to the contents of buffer objects: T01 to T11. */
public final class BoAccessRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(
            BoAccessStaysInBounds.RULE,
            BoAccessHoldsReservation.RULE,
            BoAccessPathFitsPlacement.RULE,
            ApertureReachesVisibleVramOnly.RULE,
            BoAccessWaitsForMoves.RULE,
            BounceBufferHasOneOwner.RULE,
            VmAccessEndsAtHole.RULE,
            VmAccessReachesMappedBytes.RULE,
            MappingIsReachedByItsKind.RULE,
            KernelMapsOnePageAtATime.RULE,
            VramAccessNeedsAwakeDevice.RULE);

    private BoAccessRules() {}
}
