package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** dma_fence: A-F01 to A-F17. */
public final class FenceRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(
            FenceSignalsOnce.RULE,
            ErrorIsSetBeforeSignal.RULE,
            ContextCompletesInOrder.RULE,
            SeqnosGrowInContext.RULE,
            NoReleaseWithCallbacksQueued.RULE,
            FenceUserHoldsReference.RULE,
            PublishedFenceCompletes.RULE,
            PublishedFenceIsHandedOver.RULE,
            NoReclaimInSignallingSection.RULE,
            NoResvLockInSignallingSection.RULE,
            SectionWaitsForEarlierFencesOnly.RULE,
            FenceCallbackIsAtomic.RULE,
            DriverMemoryOutlivesFence.RULE,
            ModuleOutlivesItsFences.RULE,
            FailedWaitIsNoCompletion.RULE,
            NoUserControlledCompletion.RULE,
            EnableSignalIsCalledOnce.RULE);

    private FenceRules() {}
}
