package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.CallbackNode;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceDestroy;
import dev.fenceline.event.Severity;

/** A-F05: no release with pending callbacks. */
public final class NoReleaseWithCallbacksQueued {
    public static final Rule RULE = Rule.named("A-F05", "no-release-with-callbacks-queued")
            .severity(Severity.ERROR)
            .states(
                    "The last reference to a fence is not dropped while it is unsignalled and callbacks are queued on it.")
            .why(
                    "Somebody waits for a fence that nobody can signal any more: the kernel warns and completes it with -EDEADLK, "
                            + "and the waiter takes unfinished work for failed.")
            .source("dma-fence.c:dma_fence_release (\"released with pending signals!\"); thread 002")
            .advice(
                    "Hold a reference for as long as a callback is queued; take the callback off before the reference is dropped.")
            .needs(Stream.CB, Stream.FENCE)
            .before(DmaFenceDestroy.class, NoReleaseWithCallbacksQueued::judge)
            .build();

    private NoReleaseWithCallbacksQueued() {}

    private static void judge(DmaFenceDestroy destroy, KernelState state, Report report) {
        Fence fence = state.fences().fence(destroy.fence());
        CallbackNode callback = state.callbacks().firstOf(destroy.fence());
        // Unsignalled and nobody listening is normal: nodes of a chain, arrays that nobody waited for.
        if (callback == null || (fence != null && (fence.bitSeq() > 0 || fence.destroySeq() > 0))) {
            return;
        }
        report.violation("fence=" + destroy.fence())
                .since(callback.born())
                .since(fence == null ? callback.born() : fence.born())
                .witness("callback queued", callback.born())
                .witness("destroyed unsignalled", destroy.seq())
                .says("Fence " + destroy.fence() + " is destroyed unsignalled while a callback is queued on it.");
    }
}
