package dev.fenceline.analytics.rules.resv;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.BufferObjects;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.RingOrder;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.BoCopyStart;
import dev.fenceline.event.Event;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** A-R06: moving or evicting waits for everything, BOOKKEEP included. */
public final class CopyWaitsForAllFences {
    public static final Rule RULE = Rule.named("A-R06", "copy-waits-for-all-fences")
            .severity(Severity.CRITICAL)
            .states(
                    "The copy that moves a BO starts only when every fence of its reservation that was added before the move was "
                            + "submitted is done, whatever its usage; only what the same ring runs before it needs no wait.")
            .why(
                    "A preempt or eviction fence that is pending means that a queue may still write to the memory: what it writes "
                            + "behind the copy is lost, and what it writes later hits the next owner.")
            .source(
                    "amdgpu_ttm.c:amdgpu_ttm_prepare_job (drm_sched_job_add_resv_dependencies, DMA_RESV_USAGE_BOOKKEEP), "
                            + "xe_migrate.c, ttm_bo.c:ttm_bo_wait_ctx, "
                            + "sched_entity.c:drm_sched_entity_add_dependency_cb (same scheduler: the scheduled fence is enough)")
            .advice("Give the copy job all fences up to DMA_RESV_USAGE_BOOKKEEP as dependencies.")
            .needs(Stream.EVICT, Stream.RESV)
            .before(BoCopyStart.class, CopyWaitsForAllFences::judge)
            .build();

    private CopyWaitsForAllFences() {}

    private static void judge(BoCopyStart start, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(start.bo());
        long id = resvOf(start.bo(), bo, state);
        if (id == Event.ABSENT) {
            if (state.reservations().size() > 0) {
                report.unknown("it is not known which reservation BO {} belongs to", start.bo());
            }
            return;
        }
        Reservation resv = state.reservations().reservation(id);
        int move = bo == null ? -1 : BufferObjects.submittedMove(bo, start);
        long moveSeq =
                bo == null || move < 0 ? start.seq() : bo.submittedMoves().seq(move);
        long moveFence = start.hasFence() || bo == null || move < 0
                ? start.fence()
                : bo.submittedMoves().subject(move);
        Fence copy = state.fences().fence(moveFence);
        for (int slot = 0; resv != null && slot < resv.size(); slot++) {
            boolean there =
                    resv.addSeq(slot) < moveSeq && (resv.replacedSeq(slot) == 0 || resv.replacedSeq(slot) > moveSeq);
            Fence fence = there ? state.reservations().pending(resv, slot) : null;
            if (fence != null && fence.id() != moveFence && !runsBefore(fence, copy, state)) {
                if (mayRunBefore(fence, copy, state)) {
                    report.unknown(
                            "it is not known whether the job of fence {} went to the ring of the copy", fence.id());
                    continue;
                }
                report.violation("bo=" + start.bo() + " fence=" + fence.id())
                        .since(bo == null ? 0 : bo.born())
                        .since(state.fences().knownFrom(fence))
                        .witness("fence added", resv.addSeq(slot))
                        .witness("move submitted", moveSeq == start.seq() ? 0 : moveSeq)
                        .witness("copy starts while the fence is pending", start.seq())
                        .says("The copy that moves BO " + start.bo() + " starts while fence " + fence.id()
                                + " of usage " + resv.usage(slot)
                                + " is pending, which was in its reservation before.");
                return;
            }
        }
    }

    private static long resvOf(long id, @Nullable BufferObject bo, KernelState state) {
        if (bo != null) {
            return state.buffers().resvOf(bo);
        }
        return state.reservations().reservation(id) != null
                ? id
                : state.session().soleObject("resv");
    }

    /** The ring of the copy runs what is earlier in its context, and what it was given earlier at all, before it. */
    private static boolean runsBefore(Fence fence, @Nullable Fence copy, KernelState state) {
        if (copy == null) {
            return false;
        }
        boolean sameContext = copy.context() != Event.ABSENT && copy.context() != 0;
        return (sameContext && copy.context() == fence.context())
                || RingOrder.isOrderedBefore(fence, ringOf(copy, state), state);
    }

    private static long ringOf(Fence copy, KernelState state) {
        Job job = state.schedulers().jobOfFinished(copy.id());
        return job != null && job.scheduler() != Event.ABSENT ? job.scheduler() : copy.scheduler();
    }

    /** A finished fence of the same scheduler whose job the recording does not show may be on the ring, or not yet. */
    private static boolean mayRunBefore(Fence fence, @Nullable Fence copy, KernelState state) {
        return copy != null
                && copy.scheduler() != Event.ABSENT
                && copy.scheduler() == fence.scheduler()
                && fence.kind() == FenceKind.FINISHED
                && state.schedulers().jobOfFinished(fence.id()) == null;
    }
}
