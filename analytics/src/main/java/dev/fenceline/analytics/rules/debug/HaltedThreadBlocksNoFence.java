package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Obligation;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.HaltedThreads.HaltedQueue;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceEnableSignal;
import dev.fenceline.event.DmaFenceWaitStart;
import dev.fenceline.event.EuHalt;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** D16: no fence waits for a thread that a debugger halted. */
public final class HaltedThreadBlocksNoFence {
    private static final long BOUND_NS = 10_000_000_000L;

    public static final Rule RULE = Rule.named("D16", "halted-thread-blocks-no-fence")
            .severity(Severity.CRITICAL)
            .states(
                    "While threads of a queue are halted, a preempt fence of the queue that somebody waits for is done within a bound, "
                            + "because the queue is taken off the hardware.")
            .why(
                    "Reclaim waits for that fence: as long as somebody looks at a breakpoint the machine cannot get memory back.")
            .source(
                    "thread 000 (halting threads without regard to the preempt fence); dma-fence.c, DOC: DMA fence cross-driver "
                            + "contract; IGT xe_eudebug_online@preempt-breakpoint (the timeout of such queues is infinite)")
            .advice("Debug in fault mode only, where eviction needs no fence of the queue.")
            .needs(Stream.CLOCK, Stream.EU, Stream.FENCE, Stream.VM, Stream.WAIT)
            .parameter("finite_time", "session_start.finite_time", "the recording; wins")
            .parameter("bound_s", "10", "ours: as for every published fence, Documentation/gpu/drm-compute.rst")
            .after(EuHalt.class, (halt, state, report) -> {
                HaltedQueue queue = state.haltedThreads().queue(halt.queue());
                oblige(queue, state, report);
            })
            .after(DmaFenceEnableSignal.class, (e, state, report) -> obligeFor(e.fence(), state, report))
            .after(DmaFenceWaitStart.class, (e, state, report) -> obligeFor(e.fence(), state, report))
            .obliges(new Preemption())
            .build();

    private HaltedThreadBlocksNoFence() {}

    private static void obligeFor(long fence, KernelState state, Report report) {
        if (fence != Event.ABSENT) {
            oblige(state.haltedThreads().waitedForBy(fence), state, report);
        }
    }

    private static void oblige(@Nullable HaltedQueue queue, KernelState state, Report report) {
        if (queue != null && queue.haltSeq() > 0 && awaitedSeq(queue, state) > 0) {
            report.oblige(queue.fence(), state.ledger().nowNs() + boundNs(state));
        }
    }

    /** Since when somebody wants the pending fence of the queue; 0 if nobody does or it is done. */
    private static long awaitedSeq(HaltedQueue queue, KernelState state) {
        Fence fence = state.fences().fence(queue.fence());
        if (fence == null || fence.destroySeq() > 0 || state.fences().isComplete(fence)) {
            return 0;
        }
        return fence.enableSeq() > 0 ? fence.enableSeq() : queue.waitSeq();
    }

    private static long boundNs(KernelState state) {
        long finite = state.session().finiteTimeNs();
        return finite == Event.ABSENT ? BOUND_NS : finite;
    }

    private static final class Preemption implements Obligation {
        @Override
        public boolean isDischarged(long subject, KernelState state) {
            HaltedQueue queue = state.haltedThreads().waitedForBy(subject);
            return queue == null || queue.haltSeq() == 0 || awaitedSeq(queue, state) == 0;
        }

        @Override
        public void judge(long subject, long dueNs, KernelState state, Report report) {
            HaltedQueue queue = state.haltedThreads().waitedForBy(subject);
            if (queue == null) {
                return;
            }
            // Threads that went on and stand still again have their time again.
            if (queue.haltNs() + boundNs(state) > dueNs) {
                report.oblige(subject, queue.haltNs() + boundNs(state));
                return;
            }
            Fence fence = state.fences().fence(subject);
            report.violation("fence=" + subject)
                    .since(queue.haltSeq())
                    .since(fence == null ? 0 : fence.born())
                    .witness("preempt fence armed", queue.armSeq())
                    .witness("threads halted", queue.haltSeq())
                    .witness("fence wanted", awaitedSeq(queue, state))
                    .witness("still pending after the bound", report.event().seq())
                    .says("Preempt fence " + subject + " waits for queue " + queue.id()
                            + ", whose threads a debugger halted.");
        }
    }
}
