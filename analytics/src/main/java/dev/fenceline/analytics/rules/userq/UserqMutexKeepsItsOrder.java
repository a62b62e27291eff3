package dev.fenceline.analytics.rules.userq;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rules.Gfp;
import dev.fenceline.analytics.rules.ResvLocking;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadLocks;
import dev.fenceline.analytics.state.UserQueueClient;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.MemAlloc;
import dev.fenceline.event.ResvLock;
import dev.fenceline.event.Severity;

/** A-Q05: lock order around userq_mutex and the eviction fence. */
public final class UserqMutexKeepsItsOrder {
    public static final Rule RULE = Rule.named("A-Q05", "userq-mutex-keeps-its-order")
            .severity(Severity.DEADLOCK)
            .states(
                    "While the eviction fence of a client is not signalled, who holds the client's userq_mutex allocates nothing that may "
                            + "reclaim and locks no reservation that it may have to wait for. Reservations first, then the mutex.")
            .why(
                    "The worker that signals the fence takes the mutex; reclaim, and whoever holds a reservation, may wait for the fence.")
            .source(
                    "amdgpu_eviction_fence.c:amdgpu_eviction_fence_suspend_worker (\"we do allocate memory while holding this lock, but "
                            + "only after ensuring that the eviction fence is signaled\"), amdgpu_userq_fence.c:amdgpu_userq_signal_ioctl; thread "
                            + "003")
            .advice("Allocate and lock before amdgpu_userq_ensure_ev_fence.")
            .needs(Stream.ALLOC, Stream.FENCE, Stream.LOCK, Stream.USERQ)
            .before(MemAlloc.class, (alloc, state, report) -> {
                if (Gfp.mayReclaim(alloc)) {
                    judge("allocates memory that may need reclaim", state, report);
                }
            })
            .before(ResvLock.class, (lock, state, report) -> {
                if (ResvLocking.maySleep(lock)) {
                    judge("locks a reservation", state, report);
                }
            })
            .build();

    private UserqMutexKeepsItsOrder() {}

    private static void judge(String what, KernelState state, Report report) {
        ThreadLocks thread = state.locks().thread(report.event().tid());
        for (int i = 0; thread != null && i < thread.held(); i++) {
            if (thread.lockClass(i) == LockClass.USERQ_MUTEX) {
                judge(what, thread, i, state, report);
            }
        }
    }

    private static void judge(String what, ThreadLocks thread, int held, KernelState state, Report report) {
        UserQueueClient client = state.userQueues().clientOfMutex(thread.lock(held));
        if (client == null) {
            report.unknown("it is not known which client lock {} belongs to", thread.lock(held));
            return;
        }
        Fence fence = state.fences().fence(client.evictionFence());
        if (fence == null || state.fences().isComplete(fence)) {
            return;
        }
        report.violation("client=" + client.id() + " thread=" + thread.id())
                .since(client.armSeq())
                .since(client.mutexSeq())
                .since(thread.acquireSeq(held))
                .witness("eviction fence armed", client.armSeq())
                .witness("mutex taken", thread.acquireSeq(held))
                .witness(what, report.event().seq())
                .says("A holder of the userq_mutex of client " + client.id() + " " + what
                        + " while the client's eviction fence is not signalled.");
    }
}
