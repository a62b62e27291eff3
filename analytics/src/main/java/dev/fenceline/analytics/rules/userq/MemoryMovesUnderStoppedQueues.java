package dev.fenceline.analytics.rules.userq;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.UserQueue;
import dev.fenceline.analytics.state.UserQueueClient;
import dev.fenceline.event.BoCopyStart;
import dev.fenceline.event.Event;
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
            .before(BoCopyStart.class, (copy, state, report) -> {
                judge(copy.bo(), copy.fence(), true, "the copy begins", state, report);
            })
            .before(TtUnpopulate.class, (unpopulate, state, report) -> {
                // A device that is unplugged runs nothing any more.
                if (unpopulate.reason() != UnpopulateReason.UNPLUG) {
                    boolean pagesGo = !unpopulate.hasFreed() || unpopulate.freed();
                    judge(unpopulate.bo(), Event.ABSENT, pagesGo, "its pages are given back", state, report);
                }
            })
            .build();

    private MemoryMovesUnderStoppedQueues() {}

    /**
     * @param copy the fence of the copy, absent if there is none
     * @param pagesGo whether what else has the reservation loses its memory, too; not where an import gives up what stays the exporter's
     */
    private static void judge(long id, long copy, boolean pagesGo, String what, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(id);
        for (long clientId : state.userQueues().clientIds()) {
            UserQueueClient client = state.userQueues().client(clientId);
            Fence fence = client == null ? null : state.fences().fence(client.evictionFence());
            long guardSeq = client == null ? 0 : state.userQueues().guardSeq(client, id);
            if (client == null || fence == null || guardSeq == 0 || isMappedInto(copy, bo, guardSeq, client, state)) {
                continue;
            }
            if (!pagesGo && guardSeq > client.armSeq()) {
                continue;
            }
            UserQueue running = runningQueue(clientId, state);
            boolean pending = state.fences().tellsSignals() && !state.fences().isComplete(fence);
            if (pending || running != null) {
                report.violation("bo=" + id + " client=" + clientId)
                        // What was put on the BO since may have found the copy queued, of which a loss tells nothing.
                        .since(guardSeq > client.armSeq() ? 0 : guardSeq)
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

    /** Whether the copy was queued when the client mapped the BO: its page tables will show where the BO is to be, behind the copy. */
    private static boolean isMappedInto(
            long copy, @Nullable BufferObject bo, long guardSeq, UserQueueClient client, KernelState state) {
        Reservation resv = bo == null || copy == Event.ABSENT || guardSeq == client.armSeq()
                ? null
                : state.reservations().reservation(state.buffers().resvOf(bo));
        for (int slot = 0; resv != null && slot < resv.size(); slot++) {
            if (resv.fence(slot) == copy) {
                return resv.addSeq(slot) < guardSeq;
            }
        }
        return false;
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
