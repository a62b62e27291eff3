package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.FenceContext;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Resource;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.VacatedRange;
import dev.fenceline.event.CpuPteInsert;
import dev.fenceline.event.Event;
import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.Severity;
import dev.fenceline.event.Usage;
import java.util.List;

/** A-T07: a re-used VRAM range inherits the eviction fence. */
public final class ReusedVramInheritsEvictionFence {
    public static final Rule RULE = Rule.named("A-T07", "reused-vram-inherits-eviction-fence")
            .severity(Severity.CRITICAL)
            .states(
                    "Who gets a range that a copy still reads carries the fence of that copy, or a later one of its context, as a "
                            + "KERNEL fence before the first access to it, unless the copy is done.")
            .why(
                    "TTM frees the range of a pipelined eviction before the copy out of it has finished: the new owner would overwrite "
                            + "what is still to be copied, and the evicted BO comes back damaged.")
            .source(
                    "ttm_bo_util.c:ttm_bo_move_pipeline_evict, ttm_bo.c:ttm_bo_add_pipelined_eviction_fences; up to 6.12 one "
                            + "fence for the manager, ttm_bo.c:ttm_bo_add_move_fence")
            .advice(
                    "Add the eviction fences of the manager to the reservation of the BO as soon as it has the new resource.")
            .needs(Stream.RANGE, Stream.RESV, Stream.GPU)
            .before(GpuAccess.class, (access, state, report) -> judge(access.bo(), state, report))
            .before(CpuPteInsert.class, (insert, state, report) -> {
                if (!insert.dummy()) {
                    judge(insert.bo(), state, report);
                }
            })
            .build();

    private ReusedVramInheritsEvictionFence() {}

    private static void judge(long id, KernelState state, Report report) {
        if (state.resources().vacated().isEmpty()) {
            return;
        }
        BufferObject bo = state.buffers().bo(id);
        Resource resource = bo == null ? null : state.resources().resourceOf(bo);
        if (bo == null || resource == null) {
            return;
        }
        for (int range = 0; range < resource.ranges(); range++) {
            List<VacatedRange> overlapping = state.resources()
                    .vacated()
                    .overlapping(resource.device(), resource.memory(), resource.start(range), resource.end(range));
            for (VacatedRange vacated : overlapping) {
                Fence fence = state.fences().pendingSince(vacated.fence(), vacated.seq());
                if (fence != null && vacated.seq() <= resource.allocSeq(range)) {
                    judge(bo, resource.allocSeq(range), vacated, fence, state, report);
                }
            }
        }
    }

    private static void judge(
            BufferObject bo, long allocSeq, VacatedRange vacated, Fence fence, KernelState state, Report report) {
        long id = state.buffers().resvOf(bo);
        // Where no reservation at all carries the fence, the BO's does not, whichever it is.
        if (id == Event.ABSENT && isCarriedAnywhere(fence, state)) {
            report.unknown("it is not known which reservation BO {} belongs to", bo.id());
            return;
        }
        Reservation resv = state.reservations().reservation(id);
        if (resv != null && carries(resv, fence, state)) {
            return;
        }
        report.violation("bo=" + bo.id() + " fence=" + fence.id())
                .since(Math.min(vacated.seq(), allocSeq))
                .since(state.fences().knownFrom(fence))
                .witness("range given back before the copy out of it is done", vacated.seq())
                .witness("range handed out", allocSeq)
                .witness(
                        "accessed without the fence of the copy", report.event().seq())
                .says("BO " + bo.id() + " is accessed in pages [" + vacated.start() + ", " + vacated.end()
                        + ") that the copy of fence " + fence.id() + " still reads, and does not carry that fence.");
    }

    private static boolean isCarriedAnywhere(Fence fence, KernelState state) {
        for (long id : state.reservations().ids()) {
            Reservation resv = state.reservations().reservation(id);
            if (resv != null && carries(resv, fence, state)) {
                return true;
            }
        }
        return false;
    }

    private static boolean carries(Reservation resv, Fence fence, KernelState state) {
        for (int slot = 0; slot < resv.size(); slot++) {
            Fence other = resv.usage(slot) == Usage.KERNEL ? state.fences().fence(resv.fence(slot)) : null;
            if (other == fence || (other != null && isLaterInContext(other, fence))) {
                return true;
            }
        }
        return false;
    }

    /** The manager keeps the newest fence of a context only: it is done after all earlier ones. */
    private static boolean isLaterInContext(Fence other, Fence fence) {
        return fence.context() != Event.ABSENT
                && fence.context() != 0
                && other.context() == fence.context()
                && other.seqno() != Event.ABSENT
                && fence.seqno() != Event.ABSENT
                && FenceContext.isLater(other.seqno(), fence.seqno(), fence.is64Bit());
    }
}
