package dev.fenceline.simulator.userq;

import dev.fenceline.event.UserQueueState;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * amdgpu_eviction_fence.c:amdgpu_eviction_fence_suspend_worker: waits until the queues have done what fences stand for, takes them off the
 * hardware, and says so. The mutex is held until it is said, so that nobody maps a queue under the old fence.
 */
final class SuspendWork extends Call {
    private static final Path<SuspendWork> PATH = Path.<SuspendWork>named("amdgpu_eviction_fence_suspend_worker")
            .lock(work -> work.queues.mutex(), Lock.Mode.X)
            .run(work -> work.fence.set(work.queues.evictions().getFence()))
            .run(work -> work.each = List.copyOf(work.queues.all()).iterator())
            .repeat(queue -> queue.leaveIf(work -> !work.each.hasNext()).call(SuspendWork::waitForLastFence))
            .run(work -> work.fence.get().beginSignalling())
            .run(work -> work.each = work.queues.mapped().iterator())
            .repeat(queue -> queue.leaveIf(work -> !work.each.hasNext())
                    .run(work -> work.queue.set(work.each.next()))
                    .spend(work -> work.kernel().costs().suspendNs())
                    .run(SuspendWork::unmap))
            .run(work -> work.fence.get().signal())
            .run(work -> work.fence.get().endSignalling())
            .run(work -> work.fence.get().put())
            .unlock(work -> work.queues.mutex())
            .run(work -> work.queues.resumeWork().queue())
            .end();

    private final UserQueues queues;
    private final Local<DmaFence> fence = new Local<>();
    private final Local<UserQueue> queue = new Local<>();
    private Iterator<UserQueue> each = List.<UserQueue>of().iterator();

    SuspendWork(UserQueues queues) {
        this.queues = queues;
    }

    /** {@code amdgpu_userq_wait_for_last_fence}, before the signalling section begins, in which nobody may wait. */
    private @Nullable Call waitForLastFence() {
        DmaFence last = each.next().lastFence();
        return last == null || last.isSignaled() ? null : new FenceWait(last);
    }

    /** A queue that was reset meanwhile is off the hardware. */
    private void unmap() {
        if (queue.get().isMapped()) {
            queue.get().become(UserQueueState.UNMAPPED);
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
