package dev.fenceline.simulator.userq;

import dev.fenceline.event.UserQueueState;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/**
 * amdgpu_userq.c:amdgpu_userq_destroy: waits for the last fence, which the hang timer bounds, takes the queue off the hardware, and gives
 * the doorbell back.
 */
public final class FreeUserQueue extends Call {
    /** The hang timer is stopped before the wait that it bounds (rule A-Q04), as in mainline. */
    public static final Deviation CANCELS_FIRST = new Deviation("destroy-cancels-hang-timer-first", 3);

    /** The doorbell is unpinned while the queue is on the hardware (rule A-Q06). */
    public static final Deviation UNPINS_EARLY = new Deviation("doorbell-unpinned-before-unmap");

    private static final Path<FreeUserQueue> PATH = Path.<FreeUserQueue>named("amdgpu_userq_destroy")
            .await(
                    free -> free.queues.resumeWork().flushers(),
                    free -> !free.queues.resumeWork().isPending())
            .run(FreeUserQueue::cancelIfAtFault)
            .when(FreeUserQueue::unpinsEarly, FreeUserQueue::unpin)
            .lock(free -> free.queues.mutex(), Lock.Mode.X)
            .call(FreeUserQueue::waitForLastFence)
            .await(
                    free -> free.queue.hangTimer().resetDone(),
                    free -> !free.queue.hangTimer().isResetting())
            .run(free -> free.queue.hangTimer().cancel())
            .when(
                    free -> free.queue.isMapped(),
                    mapped -> mapped.spend(free -> free.kernel().costs().suspendNs())
                            .run(free -> free.queue.become(UserQueueState.UNMAPPED)))
            .run(free -> free.queue.forceCompletion())
            .run(free -> free.queues.all().remove(free.queue))
            .run(free -> free.queue.destroy())
            .unlock(free -> free.queues.mutex())
            .when(free -> !free.unpinned, FreeUserQueue::unpin)
            .run(free -> free.queue.doorbells().put())
            .end();

    private final UserQueues queues;
    private final UserQueue queue;
    private boolean unpinned;

    /** Destroys {@code queue}. */
    public FreeUserQueue(UserQueue queue) {
        this.queues = queue.queues();
        this.queue = queue;
    }

    private static Path.Builder<FreeUserQueue> unpin(Path.Builder<FreeUserQueue> path) {
        return path.call(free -> new LockResv(free.queue.doorbells().resv()))
                .run(free -> free.queue.doorbells().unpin())
                .run(free -> free.queue.doorbells().resv().lock().release(free.task()));
    }

    private boolean unpinsEarly() {
        unpinned = queue.isMapped() && kernel().deviates(UNPINS_EARLY);
        return unpinned;
    }

    private void cancelIfAtFault() {
        DmaFence last = queue.lastFence();
        if (last != null && !last.isSignaled() && kernel().deviates(CANCELS_FIRST)) {
            queue.hangTimer().cancel();
        }
    }

    private @Nullable Call waitForLastFence() {
        DmaFence last = queue.lastFence();
        return last == null || last.isSignaled() ? null : new FenceWait(last);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
