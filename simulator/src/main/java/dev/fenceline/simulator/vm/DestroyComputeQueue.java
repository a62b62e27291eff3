package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/**
 * xe_exec_queue.c:xe_exec_queue_kill of a long-running queue with xe_vm.c:xe_vm_remove_compute_exec_queue, then its last reference: it is
 * asked off the hardware for the last time, and nobody puts it back. In a group of engines it dies under the group's lock; the kernel
 * lets go of that before, so that the group may be switched while the queue still runs.
 */
public final class DestroyComputeQueue extends Call {
    private static final Path<DestroyComputeQueue> PATH = Path.<DestroyComputeQueue>named("xe_exec_queue_kill")
            .when(
                    kill -> kill.queue.group() != null,
                    grouped -> grouped.lock(kill -> kill.queue.groupLock(), Lock.Mode.W))
            .lock(kill -> kill.queue.vm().lock(), Lock.Mode.W)
            .run(DestroyComputeQueue::remove)
            .unlock(kill -> kill.queue.vm().lock())
            .when(kill -> kill.queue.group() != null, grouped -> grouped.unlock(kill -> kill.queue.groupLock()))
            .call(kill -> kill.preempted == null ? null : new FenceWait(kill.preempted))
            .run(DestroyComputeQueue::destroy)
            .end();

    private final ExecQueue queue;
    private @Nullable DmaFence preempted;

    /** Destroys {@code queue}. */
    public DestroyComputeQueue(ExecQueue queue) {
        this.queue = queue;
    }

    private void remove() {
        queue.kill();
        queue.vm().queues().remove(queue);
        // Threads that stand still would keep it on the hardware.
        if (queue.threads().areHalted()) {
            queue.resetAlone();
        }
        if (queue.hasPreemptFence()) {
            preempted = queue.preemptFence().get();
            preempted.enableSignaling();
        }
    }

    private void destroy() {
        queue.vm().file().destroyed(queue);
        queue.destroy();
        if (preempted != null) {
            preempted.put();
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
