package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceSetError;
import dev.fenceline.event.Severity;

/** A-F02: an error is set before signalling and is a negative errno. */
public final class ErrorIsSetBeforeSignal {
    /** include/linux/err.h:MAX_ERRNO. */
    private static final long MAX_ERRNO = 4095;

    public static final Rule RULE = Rule.named("A-F02", "error-is-set-before-signal")
            .severity(Severity.WARN)
            .states(
                    "dma_fence_set_error is called only on a fence that is not signalled, with an error from -4095 to -1.")
            .why(
                    "Who was woken by the signal has read the status already and takes the work as good; a positive error is "
                            + "not seen as one.")
            .source("include/linux/dma-fence.h:dma_fence_set_error (two WARN_ONs)")
            .advice(
                    "Set the error, as a negative errno, before the call that signals; under the fence's lock if they race.")
            .needs(Stream.FENCE)
            .before(DmaFenceSetError.class, ErrorIsSetBeforeSignal::judge)
            .build();

    private ErrorIsSetBeforeSignal() {}

    private static void judge(DmaFenceSetError set, KernelState state, Report report) {
        if (set.hasError() && (set.error() >= 0 || set.error() < -MAX_ERRNO)) {
            report.violation("fence=" + set.fence())
                    .since(set.seq())
                    .witness("set to " + set.error(), set.seq())
                    .says("Fence " + set.fence() + " gets " + set.error()
                            + " as its error, which is no negative errno.");
            return;
        }
        Fence fence = state.fences().fence(set.fence());
        // Overwriting an earlier error is fine, and so is the error of a fence whose work is done but that did not
        // signal.
        if (fence != null && fence.signaledSeq() > 0 && !fence.hasSharedIdentity()) {
            report.violation("fence=" + fence.id())
                    .since(fence.signaledSeq())
                    .witness("signalled", fence.signaledSeq())
                    .witness("error set afterwards", set.seq())
                    .says("Fence " + fence.id() + " gets an error after it signalled.");
        }
    }
}
