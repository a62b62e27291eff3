package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.BoUse;
import dev.fenceline.event.Severity;

/** A-F15: a wait that timed out or was interrupted is not completion. */
public final class FailedWaitIsNoCompletion {
    public static final Rule RULE = Rule.named("A-F15", "failed-wait-is-no-completion")
            .severity(Severity.CRITICAL)
            .states(
                    "A thread whose wait for a fence timed out or was interrupted does not go on as if the fence were done.")
            .why("The work behind the fence still reads or writes the memory that the thread now uses, frees or moves.")
            .source("dma-fence.c:dma_fence_wait_timeout (0: the time ran out; below 0: interrupted); "
                    + "ttm_bo.c:ttm_bo_wait_ctx (15 s, then -EBUSY); thread 003")
            .advice(
                    "Test the result of the wait: only above 0 is the fence done; do not guess at other drivers' timeouts.")
            .needs(Stream.FENCE, Stream.USE, Stream.WAIT)
            .before(BoUse.class, FailedWaitIsNoCompletion::judge)
            .build();

    private FailedWaitIsNoCompletion() {}

    private static void judge(BoUse use, KernelState state, Report report) {
        Fence fence = use.hasAfter() ? state.fences().fence(use.after()) : null;
        long failed = fence == null ? 0 : fence.failedWaits().seqOf(use.tid());
        if (fence == null || failed == 0 || state.fences().isComplete(fence)) {
            return;
        }
        report.violation("fence=" + fence.id())
                .since(state.fences().knownFrom(fence))
                .since(failed)
                .witness("wait failed", failed)
                .witness("used as if it were done", use.seq())
                .says("BO " + use.bo() + " is used after fence " + fence.id()
                        + ", which is pending: the wait for it failed.");
    }
}
