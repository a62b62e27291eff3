package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rules.Gfp;
import dev.fenceline.analytics.state.CallbackNode;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SectionStack;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.DmaFenceAddCallback;
import dev.fenceline.event.DmaFenceLock;
import dev.fenceline.event.DmaFenceWaitStart;
import dev.fenceline.event.MemAlloc;
import dev.fenceline.event.MemFree;
import dev.fenceline.event.ReclaimBegin;
import dev.fenceline.event.ResvWait;
import dev.fenceline.event.Severity;
import dev.fenceline.event.SyncobjWaitSubmit;
import org.jspecify.annotations.Nullable;

/** A-F12: fence callbacks are atomic and registered once. */
public final class FenceCallbackIsAtomic {
    public static final Rule RULE = Rule.named("A-F12", "fence-callback-is-atomic")
            .severity(Severity.CRITICAL)
            .states(
                    "A fence callback does not wait, make an allocation that may reclaim, or take the lock of its fence; its node is "
                            + "queued on one fence at a time, and its memory lives until it ran or was removed.")
            .why(
                    "It runs under the lock of the fence with interrupts off: sleeping hangs the CPU; a node that is queued twice or "
                            + "freed while queued corrupts the list that the signal walks.")
            .source(
                    "dma-fence.c:dma_fence_add_callback (atomic or irq context; \"a callback can only be registered to one fence "
                            + "at a time\"); include/linux/dma-fence.h:dma_fence_ops.enable_signaling; thread 003")
            .advice(
                    "Let the callback queue work and return; take the callback off, or wait for it, before its object is freed.")
            .needs(Stream.CB)
            .before(MemAlloc.class, (alloc, state, report) -> {
                if (Gfp.mayReclaim(alloc)) {
                    judgeInCallback(running(state, report), "memory allocated that may need reclaim", report);
                } else if (alloc.gfp() == null && running(state, report) != null) {
                    report.unknown("the flags of an allocation in a fence callback are not known");
                }
            })
            .before(
                    ReclaimBegin.class,
                    (reclaim, state, report) -> judgeInCallback(running(state, report), "memory reclaimed", report))
            .before(
                    DmaFenceWaitStart.class,
                    (wait, state, report) -> judgeInCallback(running(state, report), "fence waited for", report))
            .before(
                    SyncobjWaitSubmit.class,
                    (wait, state, report) -> judgeInCallback(running(state, report), "sync object waited for", report))
            .before(ResvWait.class, (wait, state, report) -> {
                if (wait.timeout() != 0) {
                    judgeInCallback(running(state, report), "reservation waited for", report);
                }
            })
            .before(DmaFenceLock.class, (lock, state, report) -> {
                SectionStack callbacks = running(state, report);
                if (callbacks != null && lock.hasFence() && callbacks.indexOf(lock.fence()) >= 0) {
                    judgeInCallback(callbacks, "lock of the fence taken again", report);
                }
            })
            .before(DmaFenceAddCallback.class, (add, state, report) -> {
                // -ENOENT: the fence is signalled and nothing is queued.
                if (!add.hasResult() || add.result() == 0) {
                    judgeQueued(add.callback(), "queued again", state, report);
                }
            })
            .before(MemFree.class, (free, state, report) -> judgeQueued(free.object(), "freed", state, report))
            .build();

    private FenceCallbackIsAtomic() {}

    /** The callbacks that run on the thread of the event; null if none does. */
    private static @Nullable SectionStack running(KernelState state, Report report) {
        ThreadSections thread = state.threads().thread(report.event().tid());
        return thread == null || thread.callbacks().isEmpty() ? null : thread.callbacks();
    }

    private static void judgeInCallback(@Nullable SectionStack callbacks, String what, Report report) {
        if (callbacks == null) {
            return;
        }
        int innermost = callbacks.depth() - 1;
        long started = callbacks.seq(innermost);
        report.violation("fence=" + callbacks.subject(innermost))
                .since(started)
                .witness("callback started", started)
                .witness(what, report.event().seq())
                .says("In a callback of fence " + callbacks.subject(innermost) + ", which is atomic: " + what + ".");
    }

    private static void judgeQueued(long callback, String what, KernelState state, Report report) {
        CallbackNode node = state.callbacks().queued(callback);
        if (node != null) {
            report.violation("callback=" + callback)
                    .since(node.born())
                    .witness("queued", node.born())
                    .witness(what, report.event().seq())
                    .says("Callback " + callback + " is " + what + " while it is queued on fence " + node.fence()
                            + ".");
        }
    }
}
