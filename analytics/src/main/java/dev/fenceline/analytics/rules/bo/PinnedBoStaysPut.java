package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.BoMove;
import dev.fenceline.event.BoMoveBegin;
import dev.fenceline.event.Severity;

/** A-T01: a pinned BO is not moved or evicted. */
public final class PinnedBoStaysPut {
    public static final Rule RULE = Rule.named("A-T01", "pinned-bo-stays-put")
            .severity(Severity.ERROR)
            .states("While a buffer object is pinned, no move of it begins.")
            .why(
                    "Who pinned it (a scanout engine, a peer device, the kernel itself) uses its address without asking again: "
                            + "after the move it reads and writes memory that belongs to somebody else.")
            .source(
                    "ttm_bo.c:ttm_bo_validate (\"Moving of pinned BOs is forbidden\"), ttm_bo.c:ttm_bo_evict_cb and "
                            + "ttm_bo_swapout_cb (skip pin_count), amdgpu_ttm.c:amdgpu_bo_move (WARN_ON_ONCE(pin_count > 0)); thread 002")
            .advice(
                    "Look for the caller of the move: it must skip the BO, or fail with -EINVAL, while pin_count is above 0.")
            .needs(Stream.PIN, Stream.MOVE)
            .before(BoMoveBegin.class, (move, state, report) -> {
                BufferObject bo = state.buffers().bo(move.bo());
                if (bo != null && bo.pins() > 0) {
                    judge(bo, state, report);
                }
            })
            // A capture may show only the submitted move; if its beginning was seen, that was judged.
            .before(BoMove.class, (move, state, report) -> {
                BufferObject bo = state.buffers().bo(move.bo());
                if (bo != null && bo.pins() > 0 && bo.moveBeginSeq() == 0) {
                    judge(bo, state, report);
                }
            })
            .build();

    private PinnedBoStaysPut() {}

    private static void judge(BufferObject bo, KernelState state, Report report) {
        if (isEvictedForSuspend(bo, state)) {
            return;
        }
        // Where pinned BOs may move, a loss may hide the suspend or whose device it is; else a pin that was seen is
        // proof.
        report.violation("bo=" + bo.id())
                .since(state.session().isKernelAtMost(6, 12) ? 0 : bo.pinSeq())
                .witness("pinned", bo.pinSeq())
                .witness("moved while pinned", report.event().seq())
                .says("BO " + bo.id() + " is moved while it is pinned "
                        + (bo.pins() == 1 ? "once" : bo.pins() + " times") + ".");
    }

    /**
     * xe up to 6.12 really moves pinned BOs out of VRAM at suspend, and back at resume: xe_bo_evict.c:xe_bo_evict_all,
     * xe_bo.c:xe_bo_evict_pinned, xe_bo_restore_pinned.
     */
    private static boolean isEvictedForSuspend(BufferObject bo, KernelState state) {
        return mayBeEvictedForSuspend(bo, state) && (state.devices().isSuspended(bo.device()) || bo.movedAtSuspend());
    }

    private static boolean mayBeEvictedForSuspend(BufferObject bo, KernelState state) {
        return state.devices().mayBe("xe", bo.device()) && state.session().isKernelAtMost(6, 12);
    }
}
