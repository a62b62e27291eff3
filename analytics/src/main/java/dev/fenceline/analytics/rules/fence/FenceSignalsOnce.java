package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceSignaled;
import dev.fenceline.event.Severity;

/** A-F01: a fence becomes signalled once. */
public final class FenceSignalsOnce {
    public static final Rule RULE = Rule.named("A-F01", "fence-signals-once")
            .severity(Severity.ERROR)
            .states("A fence becomes signalled at most once between two dma_fence_init of its memory.")
            .why(
                    "Signalling runs the callbacks and drops what they hold: a second time means that a bit was cleared or memory "
                            + "re-used, and waiters are let through for work that is not theirs.")
            .source(
                    "dma-fence.c:dma_fence_signal_timestamp_locked (test_and_set_bit of SIGNALED; the tracepoint is behind it)")
            .advice(
                    "Look for memory of the fence that is re-used without a grace period, or for flags that are written whole.")
            .needs(Stream.FENCE)
            // A further dma_fence_signal call is allowed and has an event of its own: it is not effective.
            .before(DmaFenceSignaled.class, (signaled, state, report) -> {
                Fence fence = state.fences().fence(signaled.fence());
                if (fence != null && fence.signaledSeq() > 0 && !fence.hasSharedIdentity()) {
                    report.violation("fence=" + fence.id())
                            .since(fence.signaledSeq())
                            .witness("signalled", fence.signaledSeq())
                            .witness("signalled again", signaled.seq())
                            .says("Fence " + fence.id() + " becomes signalled a second time.");
                }
            })
            .build();

    private FenceSignalsOnce() {}
}
