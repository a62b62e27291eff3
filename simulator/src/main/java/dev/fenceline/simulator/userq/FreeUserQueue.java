package dev.fenceline.simulator.userq;

import dev.fenceline.event.UserQueueState;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/**
 * amdgpu_userq.c:amdgpu_userq_destroy: waits for the last fence, which the hang timer bounds, takes the queue off the hardware, and gives
 * the doorbell back.
 */
public final class FreeUserQueue extends Call {
    private static final Path<FreeUserQueue> PATH = Path.<FreeUserQueue>named("amdgpu_userq_destroy")
            .await(
                    free -> free.queues.resumeWork().flushers(),
                    free -> !free.queues.resumeWork().isPending())
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
            .call(free -> new LockResv(free.queue.doorbells().resv()))
            .run(free -> free.queue.doorbells().unpin())
            .run(free -> free.queue.doorbells().resv().lock().release(free.task()))
            .run(free -> free.queue.doorbells().put())
            .end();

    private final UserQueues queues;
    private final UserQueue queue;

    /** Destroys {@code queue}. */
    public FreeUserQueue(UserQueue queue) {
        this.queues = queue.queues();
        this.queue = queue;
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
