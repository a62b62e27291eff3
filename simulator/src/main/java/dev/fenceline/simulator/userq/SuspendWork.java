package dev.fenceline.simulator.userq;

import dev.fenceline.event.UserQueueState;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
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
public final class SuspendWork extends Call {
    /** The eviction fence signals when the queues are still on the hardware (rule A-Q02). */
    public static final Deviation SIGNALS_EARLY = new Deviation("eviction-fence-before-unmap");

    /** The userq_mutex is given back before the eviction fence signals (rule A-Q02). */
    public static final Deviation SIGNALS_UNLOCKED = new Deviation("eviction-fence-after-unlock");

    private static final Path<SuspendWork> PATH = Path.<SuspendWork>named("amdgpu_eviction_fence_suspend_worker")
            .lock(work -> work.queues.mutex(), Lock.Mode.X)
            .run(work -> work.fence.set(work.queues.evictions().getFence()))
            .run(work -> work.each = List.copyOf(work.queues.all()).iterator())
            .repeat(queue -> queue.leaveIf(work -> !work.each.hasNext()).call(SuspendWork::waitForLastFence))
            .run(work -> work.fence.get().beginSignalling())
            .run(work -> work.each = work.queues.mapped().iterator())
            .run(SuspendWork::signalIfAtFault)
            .repeat(queue -> queue.leaveIf(work -> !work.each.hasNext())
                    .run(work -> work.queue.set(work.each.next()))
                    .spend(work -> work.kernel().costs().suspendNs())
                    .run(SuspendWork::unmap))
            .run(work -> work.unlocksEarly = work.kernel().deviates(SIGNALS_UNLOCKED))
            .when(work -> work.unlocksEarly, early -> early.unlock(work -> work.queues.mutex()))
            .run(SuspendWork::signal)
            .run(work -> work.fence.get().endSignalling())
            .run(work -> work.fence.get().put())
            .when(work -> !work.unlocksEarly, then -> then.unlock(work -> work.queues.mutex()))
            .run(work -> work.queues.resumeWork().queue())
            .end();

    private final UserQueues queues;
    private final Local<DmaFence> fence = new Local<>();
    private final Local<UserQueue> queue = new Local<>();
    private Iterator<UserQueue> each = List.<UserQueue>of().iterator();

    private boolean unlocksEarly;

    SuspendWork(UserQueues queues) {
        this.queues = queues;
    }

    /** {@code amdgpu_userq_wait_for_last_fence}, before the signalling section begins, in which nobody may wait. */
    private @Nullable Call waitForLastFence() {
        DmaFence last = each.next().lastFence();
        return last == null || last.isSignaled() ? null : new FenceWait(last);
    }

    private void signalIfAtFault() {
        if (each.hasNext() && kernel().deviates(SIGNALS_EARLY)) {
            fence.get().signal();
        }
    }

    private void signal() {
        if (!fence.get().isSignaled()) {
            fence.get().signal();
        }
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
