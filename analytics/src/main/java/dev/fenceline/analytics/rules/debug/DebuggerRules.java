package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** Debugger connections: D01 to D20. */
public final class DebuggerRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(
            DebuggerMayTraceTarget.RULE,
            TargetHasOneDebugger.RULE,
            DebuggerOpensAnnouncedVm.RULE,
            EventNumbersAreUnique.RULE,
            HandleLivesOnce.RULE,
            BindEventsAreComplete.RULE,
            UserFenceWaitsForDebugger.RULE,
            EventIsAcknowledgedOnce.RULE,
            VmAccessWaitsForBind.RULE,
            DiscoveryShowsEachOnce.RULE,
            SlowDebuggerIsDropped.RULE,
            WrittenCodeIsFlushedBeforeResume.RULE,
            EuControlReachesOwnQueues.RULE,
            AttentionNamesLivingQueue.RULE,
            UnattendedHaltEndsInReset.RULE,
            HaltedThreadBlocksNoFence.RULE,
            OnlyFaultModeIsDebugged.RULE,
            NullPageIsTemporary.RULE,
            DetachLetsGo.RULE,
            NewImageNeedsNewCheck.RULE);

    private DebuggerRules() {}
}
