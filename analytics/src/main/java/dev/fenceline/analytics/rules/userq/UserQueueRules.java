package dev.fenceline.analytics.rules.userq;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** User-mode queues: A-Q01 to A-Q09. */
public final class UserQueueRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(
            MemoryMovesUnderStoppedQueues.RULE,
            EvictionFenceStopsQueues.RULE,
            QueueRunsUnderEvictionFence.RULE,
            UserFenceHasHangTimer.RULE,
            UserqMutexKeepsItsOrder.RULE,
            DoorbellIsSound.RULE,
            FenceValueIsOutOfReach.RULE,
            QueueMemoryStaysMapped.RULE,
            ForcedCompletionIsAnError.RULE);

    private UserQueueRules() {}
}
