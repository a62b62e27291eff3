package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.RingOrder;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.Severity;
import dev.fenceline.event.Usage;
import org.jspecify.annotations.Nullable;

/** A-T06: nobody touches the BO through a device before its KERNEL fences. */
public final class DeviceAccessWaitsForMoves {
    public static final Rule RULE = Rule.named("A-T06", "device-access-waits-for-moves")
            .severity(Severity.CRITICAL)
            .states(
                    "When a job that uses a BO starts on the hardware, every KERNEL fence that was in the BO's reservation when "
                            + "the job was armed is done, or comes from a job of the same scheduler that went to the hardware before it, "
                            + "or the BO is pinned.")
            .why("The job reads memory that a move or a clear has not filled yet, or writes what the move overwrites.")
            .source(
                    "include/linux/dma-resv.h:DMA_RESV_USAGE_KERNEL (drivers always wait, pinning is the one exception), "
                            + "sched_entity.c:drm_sched_entity_add_dependency_cb (same scheduler: the scheduled fence is enough); "
                            + "thread 003")
            .advice(
                    "Add the KERNEL fences of every BO to the dependencies of the job, whatever its own synchronisation is.")
            .needs(Stream.GPU, Stream.RESV, Stream.JOBS)
            .before(GpuAccess.class, DeviceAccessWaitsForMoves::judge)
            .build();

    private DeviceAccessWaitsForMoves() {}

    private static void judge(GpuAccess access, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(access.bo());
        if (!access.hasBo() || (bo != null && bo.pins() > 0) || !isByJob(access, state)) {
            return;
        }
        long id = state.buffers().resvOf(bo, access.bo());
        if (id == Event.ABSENT) {
            if (state.reservations().size() > 0) {
                report.unknown("it is not known which reservation BO {} belongs to", access.bo());
            }
            return;
        }
        Job job = state.schedulers().job(access.job());
        long until = job == null || job.settledSeq() == 0 ? access.seq() : job.settledSeq();
        Reservation resv = state.reservations().reservation(id);
        for (int slot = 0; resv != null && slot < resv.size(); slot++) {
            boolean there =
                    resv.addSeq(slot) < until && (resv.replacedSeq(slot) == 0 || resv.replacedSeq(slot) > until);
            boolean counts = there && resv.usage(slot) == Usage.KERNEL;
            Fence fence = counts ? state.reservations().pending(resv, slot) : null;
            if (fence != null && !isOrderedBefore(fence, access, job, state)) {
                report.violation("bo=" + access.bo() + " fence=" + fence.id())
                        .since(bo == null ? 0 : bo.born())
                        .since(state.fences().knownFrom(fence))
                        .witness("KERNEL fence added", resv.addSeq(slot))
                        .witness("job armed", job == null ? 0 : job.armSeq())
                        .witness("accessed while it is pending", access.seq())
                        .says("The GPU accesses BO " + access.bo() + " while KERNEL fence " + fence.id()
                                + " is pending.");
                return;
            }
        }
    }

    /** User-mode queues run no jobs, and wait in no scheduler: other rules are about them. */
    private static boolean isByJob(GpuAccess access, KernelState state) {
        if (access.hasJob()) {
            Job job = state.schedulers().job(access.job());
            return state.ledger().isFragment() || (job != null && job.armSeq() > 0);
        }
        return state.ledger().isFragment() && (access.hasScheduler() || access.hasContext() || !access.hasQueue());
    }

    /** Whether the hardware itself keeps the order: one ring runs what it was given in the order it was given. */
    private static boolean isOrderedBefore(Fence fence, GpuAccess access, @Nullable Job job, KernelState state) {
        if (job != null && (job.finished() == fence.id() || job.parent() == fence.id())) {
            return true;
        }
        if (access.hasContext() && access.context() != 0 && access.context() == fence.context()) {
            return true;
        }
        long ring = job != null && job.scheduler() != Event.ABSENT
                ? job.scheduler()
                : state.schedulers().schedulerOf(access.scheduler());
        return RingOrder.isOrderedBefore(fence, ring, state);
    }
}
