package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.UserPtes;
import dev.fenceline.event.BoMove;
import dev.fenceline.event.CpuPteInsert;
import dev.fenceline.event.Severity;
import dev.fenceline.event.TtBackup;
import dev.fenceline.event.TtSwapout;

/** A-T04: user PTEs are zapped before the backing store changes. */
public final class UserPtesAreZappedBeforeMove {
    public static final Rule RULE = Rule.named("A-T04", "user-ptes-are-zapped-before-move")
            .severity(Severity.CRITICAL)
            .states(
                    "When the move of a BO is handed to the copy engine, or it is swapped or backed up, no process has a page table entry "
                            + "for it, and none gets one until the new resource is the BO's.")
            .why(
                    "Through the entry a process writes to memory that was copied already, or that belongs to somebody else next.")
            .source(
                    "ttm_bo.c:ttm_bo_handle_move_mem (ttm_bo_unmap_virtual before funcs->move), ttm_bo.c:ttm_bo_swapout_cb, "
                            + "ttm_bo_util.c:ttm_bo_shrink; thread 002")
            .advice("Unmap the whole node of the BO before the move, and fault only under its reservation.")
            .needs(Stream.CPTE, Stream.MOVE)
            .before(BoMove.class, (move, state, report) -> judge(move.bo(), "moved", state, report))
            .before(TtSwapout.class, (swapout, state, report) -> {
                if (!(swapout.hasResult() && swapout.result() < 0)) {
                    judge(swapout.bo(), "swapped out", state, report);
                }
            })
            .before(TtBackup.class, (backup, state, report) -> {
                if (!(backup.hasResult() && backup.result() < 0)) {
                    judge(backup.bo(), "backed up", state, report);
                }
            })
            .before(CpuPteInsert.class, (insert, state, report) -> {
                BufferObject bo = state.buffers().bo(insert.bo());
                if (bo != null && bo.moveSeq() > 0 && !insert.dummy()) {
                    report.violation("bo=" + bo.id())
                            .since(bo.moveSeq())
                            .witness("move submitted", bo.moveSeq())
                            .witness("entry inserted before the commit", insert.seq())
                            .says("A process gets a page table entry for BO " + bo.id()
                                    + " in the middle of its move.");
                }
            })
            .build();

    private UserPtesAreZappedBeforeMove() {}

    private static void judge(long id, String how, KernelState state, Report report) {
        UserPtes ptes = state.cpuMappings().userPtes(id);
        if (ptes != null) {
            report.violation("bo=" + id)
                    .since(ptes.firstSeq())
                    .witness("entry inserted", ptes.firstSeq())
                    .witness(how + " before the zap", report.event().seq())
                    .says("BO " + id + " is " + how + " while a process has a page table entry for it.");
        }
    }
}
