package dev.fenceline.analytics.rules.userq;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.UserQueue;
import dev.fenceline.analytics.state.UserQueueClient;
import dev.fenceline.event.BoCopyStart;
import dev.fenceline.event.Severity;
import dev.fenceline.event.TtUnpopulate;
import dev.fenceline.event.UnpopulateReason;
import org.jspecify.annotations.Nullable;

/** A-Q01: BO memory moves only while the owner's user queues are unmapped. */
public final class MemoryMovesUnderStoppedQueues {
    public static final Rule RULE = Rule.named("A-Q01", "memory-moves-under-stopped-queues")
            .severity(Severity.CRITICAL)
            .states(
                    "The copy of a BO that carries the eviction fence of a client begins, and its pages are given back, only when that "
                            + "fence signalled and no user-mode queue of the client is on the hardware.")
            .why(
                    "A queue that runs reads and writes memory at any time and asks nobody: it writes where the BO is no longer.")
            .source("amdgpu_eviction_fence.c:amdgpu_evf_mgr_attach_fence (BOOKKEEP), "
                    + "amdgpu_eviction_fence_suspend_worker; thread 003")
            .advice("Make the move depend on all fences of the reservation, BOOKKEEP included.")
            .needs(Stream.MOVE, Stream.RESV, Stream.USERQ)
            .before(BoCopyStart.class, (copy, state, report) -> judge(copy.bo(), "the copy begins", state, report))
            .before(TtUnpopulate.class, (unpopulate, state, report) -> {
                // A device that is unplugged runs nothing any more.
                if (unpopulate.reason() != UnpopulateReason.UNPLUG) {
                    judge(unpopulate.bo(), "its pages are given back", state, report);
                }
            })
            .build();

    private MemoryMovesUnderStoppedQueues() {}

    private static void judge(long id, String what, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(id);
        for (long clientId : state.userQueues().clientIds()) {
            UserQueueClient client = state.userQueues().client(clientId);
            Fence fence = client == null ? null : state.fences().fence(client.evictionFence());
            if (client == null || fence == null || !state.userQueues().guards(client, id)) {
                continue;
            }
            UserQueue running = runningQueue(clientId, state);
            boolean pending = state.fences().tellsSignals() && !state.fences().isComplete(fence);
            if (pending || running != null) {
                report.violation("bo=" + id + " client=" + clientId)
                        .since(client.armSeq())
                        .since(bo == null ? 0 : bo.born())
                        .since(running == null ? client.armSeq() : running.stateSeq())
                        .witness("eviction fence armed", client.armSeq())
                        .witness("queue mapped", running == null ? 0 : running.stateSeq())
                        .witness(what, report.event().seq())
                        .says("BO " + id + ": " + what + " while "
                                + (running == null
                                        ? "the eviction fence of client " + clientId + " is not signalled."
                                        : "queue " + running.id() + " of client " + clientId + " is on the hardware."));
                return;
            }
        }
    }

    private static @Nullable UserQueue runningQueue(long client, KernelState state) {
        for (UserQueue queue : state.userQueues().of(client)) {
            if (queue.isMapped()) {
                return queue;
            }
        }
        return null;
    }
}
