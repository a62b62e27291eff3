package dev.fenceline.simulator.userq;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;

/**
 * amdgpu_userq.c:amdgpu_userq_ensure_ev_fence: returns with the userq_mutex held and an eviction fence that has not signalled. Nothing
 * that the restore worker takes may be held, reservations least of all.
 */
final class EnsureEvictionFence extends Call {
    private static final Path<EnsureEvictionFence> PATH = Path.<EnsureEvictionFence>named(
                    "amdgpu_userq_ensure_ev_fence")
            .repeat(retry -> retry.await(
                            call -> call.queues.resumeWork().flushers(),
                            call -> !call.queues.resumeWork().isPending())
                    .lock(call -> call.queues.mutex(), Lock.Mode.X)
                    .leaveIf(call -> call.queues.evictions().isArmed())
                    .unlock(call -> call.queues.mutex())
                    .run(call -> call.queues.resumeWork().queue()))
            .end();

    private final UserQueues queues;

    EnsureEvictionFence(UserQueues queues) {
        this.queues = queues;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
