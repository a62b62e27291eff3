package dev.fenceline.simulator.vm;

import dev.fenceline.event.SignallingBegin;
import dev.fenceline.event.SignallingEnd;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** xe_preempt_fence.c:preempt_fence_work_func: signals only when the queue is off the hardware, then has the VM made valid. */
final class PreemptWork extends Call {
    private static final Path<PreemptWork> PATH = Path.<PreemptWork>named("preempt_fence_work_func")
            .run(work -> work.kernel().emit(SignallingBegin.builder().fence(work.fence.id())))
            .await(work -> work.queue.suspended(), work -> work.queue.isSuspended())
            .run(work -> work.fence.signal())
            .run(work -> work.queue.vm().queueRebindWorker())
            .run(work -> work.kernel().emit(SignallingEnd.builder().fence(work.fence.id())))
            .run(work -> work.fence.put())
            .end();

    private final ExecQueue queue;
    private final DmaFence fence;

    PreemptWork(ExecQueue queue, DmaFence fence) {
        this.queue = queue;
        this.fence = fence.get();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
