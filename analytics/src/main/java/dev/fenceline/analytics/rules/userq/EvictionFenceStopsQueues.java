package dev.fenceline.analytics.rules.userq;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadLocks;
import dev.fenceline.analytics.state.UserQueue;
import dev.fenceline.analytics.state.UserQueueClient;
import dev.fenceline.event.DmaFenceSignaled;
import dev.fenceline.event.Event;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** A-Q02: the eviction fence signals only after all queues are off the hardware, under userq_mutex. */
public final class EvictionFenceStopsQueues {
    public static final Rule RULE = Rule.named("A-Q02", "eviction-fence-stops-queues")
            .severity(Severity.CRITICAL)
            .states(
                    "The eviction fence of a client signals when none of its user-mode queues is mapped, and by a thread that holds the "
                            + "client's userq_mutex.")
            .why(
                    "The fence is what lets memory move; without the mutex, a queue may be mapped again before the next fence is there.")
            .source(
                    "amdgpu_eviction_fence.c:amdgpu_eviction_fence_suspend_worker (\"Signaling the eviction fence must be done while "
                            + "holding the userq_mutex\"), amdgpu_userq.c:amdgpu_userq_evict_all; thread 003")
            .advice("Unmap all queues first, reset what does not unmap, and signal before the mutex is released.")
            .needs(Stream.FENCE, Stream.LOCK, Stream.USERQ)
            .before(DmaFenceSignaled.class, EvictionFenceStopsQueues::judge)
            .build();

    private EvictionFenceStopsQueues() {}

    private static void judge(DmaFenceSignaled signal, KernelState state, Report report) {
        UserQueueClient client = state.userQueues().clientOfFence(signal.fence());
        if (client == null || state.fences().isComplete(signal.fence())) {
            return;
        }
        for (UserQueue queue : state.userQueues().of(client.id())) {
            if (queue.isMapped()) {
                report.violation("fence=" + signal.fence())
                        .since(client.armSeq())
                        .since(queue.stateSeq())
                        .witness("eviction fence armed", client.armSeq())
                        .witness("queue mapped", queue.stateSeq())
                        .witness("signalled", signal.seq())
                        .says("The eviction fence of client " + client.id() + " signals while queue " + queue.id()
                                + " is on the hardware.");
                return;
            }
        }
        if (!holdsMutex(state.locks().thread(signal.tid()), client)) {
            report.violation("fence=" + signal.fence())
                    .since(0)
                    .witness("eviction fence armed", client.armSeq())
                    .witness("signalled without the mutex", signal.seq())
                    .says("The eviction fence of client " + client.id()
                            + " is signalled by a thread that does not hold its userq_mutex.");
        }
    }

    /** Which mutex is the client's the recording need not say; then any of that class may be it. */
    private static boolean holdsMutex(@Nullable ThreadLocks thread, UserQueueClient client) {
        for (int i = 0; thread != null && i < thread.held(); i++) {
            if (thread.lockClass(i) == LockClass.USERQ_MUTEX
                    && (client.mutex() == Event.ABSENT || client.mutex() == thread.lock(i))) {
                return true;
            }
        }
        return false;
    }
}
