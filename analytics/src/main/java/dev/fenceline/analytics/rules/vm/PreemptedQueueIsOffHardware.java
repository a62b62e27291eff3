package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceSignaled;
import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.Severity;

/** V08: a preempt fence signals only when its queue is off the hardware, where it stays until it is resumed. */
public final class PreemptedQueueIsOffHardware {
    public static final Rule RULE = Rule.named("V08", "preempted-queue-is-off-hardware")
            .severity(Severity.CRITICAL)
            .states(
                    "A preempt fence signals without an error only after the suspend of its queue is done, and until the queue "
                            + "is resumed it does not execute.")
            .why("Who waited for the fence moves or frees the memory while the queue still reads and writes it.")
            .source("xe_preempt_fence.c:preempt_fence_work_func (suspend_wait before dma_fence_signal)")
            .advice(
                    "Wait for the firmware's answer to the schedule-disable before signalling; requeue if it is not there yet.")
            .needs(Stream.ACCESS, Stream.FENCE, Stream.VM)
            .before(DmaFenceSignaled.class, PreemptedQueueIsOffHardware::judge)
            .before(GpuAccess.class, PreemptedQueueIsOffHardware::judge)
            .build();

    private PreemptedQueueIsOffHardware() {}

    private static void judge(DmaFenceSignaled signal, KernelState state, Report report) {
        Fence fence = state.fences().fence(signal.fence());
        if (fence == null || fence.bitSeq() > 0) {
            return;
        }
        Queue queue = state.queues().queueOfPreemptFence(fence);
        if (queue == null) {
            return;
        }
        // A queue that was reset or killed is gone from the hardware without a word of the scheduler.
        boolean failed = signal.hasError() && signal.error() < 0;
        boolean dead = queue.deadSeq() > 0 || queue.preemptErrorSeq() > 0;
        if (failed || dead || queue.suspendDoneSeq() > 0) {
            return;
        }
        report.violation("queue=" + queue.id())
                .since(queue.born())
                .since(fence.born())
                .witness("preempt fence armed", queue.armSeq())
                .witness("signalling enabled", fence.enableSeq())
                .witness("suspend requested", queue.suspendSeq())
                .witness("signalled before the suspend is done", signal.seq())
                .says("Preempt fence " + fence.id() + " signals while queue " + queue.id() + " may still run.");
    }

    private static void judge(GpuAccess access, KernelState state, Report report) {
        Queue queue = state.queues().queue(access.queue());
        if (queue == null || queue.preemptedSeq() == 0) {
            return;
        }
        report.violation("queue=" + queue.id())
                .since(queue.born())
                .witness("preempt fence armed", queue.armSeq())
                .witness("suspended", queue.suspendDoneSeq())
                .witness("preempt fence signalled", queue.preemptedSeq())
                .witness("accesses memory", access.seq())
                .says("Queue " + queue.id()
                        + " accesses memory after its preempt fence signalled, without being resumed.");
    }
}
