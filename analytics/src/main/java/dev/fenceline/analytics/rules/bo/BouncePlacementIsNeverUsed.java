package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.BoMoveFail;
import dev.fenceline.event.BoSwapoutTry;
import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.Severity;

/** A-T10: a temporary (bounce) placement is never used. */
public final class BouncePlacementIsNeverUsed {
    private static final long EMULTIHOP = -72;

    public static final Rule RULE = Rule.named("A-T10", "bounce-placement-is-never-used")
            .severity(Severity.ERROR)
            .states(
                    "A BO that a move left in a bounce placement moves on before any job uses it, and a swap-out needs no bounce.")
            .why("The bounce placement was not asked for by anybody: the engine may not reach it, or not coherently.")
            .source(
                    "ttm_resource.c:ttm_resource_compatible (TTM_PL_FLAG_TEMPORARY is compatible with nothing), "
                            + "ttm_bo.c:ttm_bo_bounce_temp_buffer, ttm_bo.c:ttm_bo_swapout_cb (\"Unexpected multihop in swapout\")")
            .advice(
                    "Validate the BO again before the job is submitted; a placement that is temporary must never count as good.")
            .needs(Stream.HOP, Stream.GPU)
            .before(GpuAccess.class, (access, state, report) -> {
                BufferObject bo = state.buffers().bo(access.bo());
                Job job = state.schedulers().job(access.job());
                // The move into the bounce placement waits for the jobs that were armed before it.
                boolean before =
                        job != null && job.settledSeq() > 0 && bo != null && job.settledSeq() < bo.temporarySeq();
                if (bo != null && bo.temporarySeq() > 0 && !before) {
                    report.violation("bo=" + bo.id())
                            .since(job != null || !access.hasJob() ? bo.temporarySeq() : 0)
                            .witness("left in the bounce placement", bo.temporarySeq())
                            .witness("used there", access.seq())
                            .says("The GPU uses BO " + bo.id() + " in a bounce placement.");
                }
            })
            .before(BoMoveFail.class, (fail, state, report) -> {
                BufferObject bo = state.buffers().bo(fail.bo());
                boolean inSwapout = bo != null && bo.swapoutTrySeq() > 0 && bo.swapoutTryTid() == fail.tid();
                if (bo != null && inSwapout && fail.hasError() && fail.error() == EMULTIHOP) {
                    reportHop(bo.id(), bo.swapoutTrySeq(), report);
                }
            })
            .before(BoSwapoutTry.class, (swapout, state, report) -> {
                if (swapout.hasResult() && swapout.result() == EMULTIHOP) {
                    reportHop(swapout.bo(), 0, report);
                }
            })
            .build();

    private BouncePlacementIsNeverUsed() {}

    private static void reportHop(long bo, long trySeq, Report report) {
        report.violation("bo=" + bo)
                .since(trySeq > 0 ? trySeq : report.event().seq())
                .witness("swap-out tried", trySeq)
                .witness("needs a bounce", report.event().seq())
                .says("The driver wants to swap out BO " + bo + " through a bounce placement.");
    }
}
