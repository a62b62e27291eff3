package dev.fenceline.analytics.rules.resv;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** dma_resv: A-R01 to A-R07. */
public final class ReservationRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(
            FenceGoesIntoReservedSlot.RULE,
            ReservationHoldsNoContainer.RULE,
            UsageIsNeverDegraded.RULE,
            ReplacedFencesTouchMemoryNoMore.RULE,
            ImplicitSyncWaitsForOthers.RULE,
            CopyWaitsForAllFences.RULE,
            BackOffDropsEverything.RULE);

    private ReservationRules() {}
}
