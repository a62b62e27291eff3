package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** GPU address spaces, page tables, TLBs, preempt fences: V01 to V18. */
public final class AddressSpaceRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(
            FreedPageIsOutOfReach.RULE,
            TlbIsFlushedAfterZap.RULE,
            BindFenceFollowsPageTables.RULE,
            TlbFencesSignalInOrder.RULE,
            TimedOutFlushIsNone.RULE,
            VmIsDestroyedWhenUnused.RULE,
            FreedVmIsEmptyAndUnused.RULE,
            PreemptedQueueIsOffHardware.RULE,
            QueueResumesInValidVm.RULE,
            QueueResumesAfterSuspend.RULE,
            LongRunningWorkHasNoDmaFence.RULE,
            EngineGroupRunsOneKind.RULE,
            SignallingSectionAllocatesNothing.RULE,
            PublishedFenceNeedsNoMemory.RULE,
            PageFaultIsAnsweredRightly.RULE,
            MovedBoIsOutOfReach.RULE,
            DeadVmTakesNoWork.RULE,
            UserFenceFollowsItsBind.RULE);

    private AddressSpaceRules() {}
}
