package dev.fenceline.analytics.rules.access;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BounceBuffers.Bounce;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.RingOrder;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.AccessPath;
import dev.fenceline.event.BoAccess;
import dev.fenceline.event.Event;
import dev.fenceline.event.SchedJobRun;
import dev.fenceline.event.Severity;
import dev.fenceline.event.Usage;
import org.jspecify.annotations.Nullable;

/** T05: a BO is accessed only when no KERNEL fence of it is pending. */
public final class BoAccessWaitsForMoves {
    public static final Rule RULE = Rule.named("T05", "bo-access-waits-for-moves")
            .severity(Severity.HIGH)
            .states("The CPU copies from or to a BO (by kmap, I/O memory or MMIO) only when every KERNEL fence in the "
                    + "reservation the BO points to is done; a copy by SDMA through the bounce buffer goes to the engine only when they "
                    + "are done, or work ahead of it on the same ring.")
            .why(
                    "A KERNEL fence is a move or a clear that still runs: the copy reads data that is not there yet or that another "
                            + "process left, or its write is overwritten.")
            .source(
                    "ttm_bo_vm.c:ttm_bo_access and amdgpu_ttm.c:amdgpu_ttm_access_memory_sdma (wait for no fence), against "
                            + "xe_bo.c:xe_bo_wait_usage_kernel in the CPU fault path; include/linux/dma-resv.h:DMA_RESV_USAGE_KERNEL; thread 000")
            .advice("Wait for DMA_RESV_USAGE_KERNEL before the copy, or copy through the queue that does the move.")
            .needs(Stream.ACCESS, Stream.FENCE, Stream.RESV)
            .before(BoAccess.class, BoAccessWaitsForMoves::judge)
            .before(SchedJobRun.class, BoAccessWaitsForMoves::judgeCopy)
            .build();

    private BoAccessWaitsForMoves() {}

    private static void judge(BoAccess access, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(access.bo());
        // A copy by the engine is judged when it goes there; a refused access copied nothing.
        if (!isByCpu(access.path()) || (access.hasResult() && access.result() < 0)) {
            return;
        }
        long id = bo != null ? state.buffers().resvOf(bo) : state.session().soleObject("resv");
        if (bo == null && state.reservations().reservation(access.bo()) != null) {
            id = access.bo();
        }
        if (id == Event.ABSENT) {
            if (state.reservations().size() > 0) {
                report.unknown("it is not known which reservation BO {} belongs to", access.bo());
            }
            return;
        }
        Reservation resv = state.reservations().reservation(id);
        for (int slot = 0; resv != null && slot < resv.size(); slot++) {
            boolean counts = resv.usage(slot) == Usage.KERNEL && resv.replacedSeq(slot) == 0;
            Fence fence = counts ? state.reservations().pending(resv, slot) : null;
            if (fence != null && !isLockedDown(bo, resv.addSeq(slot))) {
                report.violation("bo=" + access.bo() + " fence=" + fence.id())
                        .since(bo == null ? 0 : bo.born())
                        .since(state.fences().knownFrom(fence))
                        .witness("KERNEL fence added", resv.addSeq(slot))
                        .witness("accessed while it is pending", access.seq())
                        .says("The CPU accesses BO " + access.bo() + " while KERNEL fence " + fence.id()
                                + " is pending.");
                return;
            }
        }
    }

    /** Another entity than that of the moves may overtake them on the way to the ring that both feed. */
    private static void judgeCopy(SchedJobRun run, KernelState state, Report report) {
        Job job = state.schedulers().job(run.job());
        Bounce bounce =
                state.bounceBuffers().copiedUnder(job == null || run.hasFinished() ? run.finished() : job.finished());
        BufferObject bo = bounce == null ? null : state.buffers().bo(bounce.bo());
        if (bounce == null || bo == null || state.buffers().resvOf(bo) == Event.ABSENT) {
            return;
        }
        long ring = job == null || run.hasScheduler() ? run.scheduler() : job.scheduler();
        Reservation resv = state.reservations().reservation(state.buffers().resvOf(bo));
        for (int slot = 0; resv != null && slot < resv.size(); slot++) {
            long replaced = resv.replacedSeq(slot);
            boolean there = resv.addSeq(slot) < bounce.fillSeq() && (replaced == 0 || replaced > bounce.fillSeq());
            boolean counts = there && resv.usage(slot) == Usage.KERNEL;
            Fence fence = counts ? state.reservations().pending(resv, slot) : null;
            if (fence != null
                    && !isLockedDown(bo, resv.addSeq(slot))
                    && !RingOrder.isOrderedBefore(fence, ring, state)) {
                report.violation("bo=" + bo.id() + " fence=" + fence.id())
                        .since(bo.born())
                        .since(state.fences().knownFrom(fence))
                        .witness("KERNEL fence added", resv.addSeq(slot))
                        .witness("copy submitted", bounce.fillSeq())
                        .witness("copy goes to the engine before it", run.seq())
                        .says("The engine copies BO " + bo.id() + " for a debugger while KERNEL fence " + fence.id()
                                + " is pending.");
                return;
            }
        }
    }

    private static boolean isByCpu(AccessPath path) {
        return switch (path) {
            case KMAP, IOMEM, MMIO -> true;
            case GPU_COPY, SDMA, NONE, UNKNOWN -> false;
        };
    }

    /** dma-resv.h: a BO pinned before is the one exception, it is locked down in place. */
    private static boolean isLockedDown(@Nullable BufferObject bo, long fenceAddSeq) {
        return bo != null && bo.pins() > 0 && bo.pinSeq() < fenceAddSeq;
    }
}
