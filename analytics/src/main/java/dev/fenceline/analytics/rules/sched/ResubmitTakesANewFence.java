package dev.fenceline.analytics.rules.sched;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceInit;
import dev.fenceline.event.DmaFenceRenumber;
import dev.fenceline.event.Event;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** A-S08: a fence is not re-initialised or re-numbered by a resubmit. */
public final class ResubmitTakesANewFence {
    public static final Rule RULE = Rule.named("A-S08", "resubmit-takes-a-new-fence")
            .severity(Severity.CRITICAL)
            .states("A hardware fence that exists is neither initialised again nor given another sequence number.")
            .why(
                    "Its waiters, callbacks and references are those of the first submission: they are lost, or wait for the "
                            + "second.")
            .source(
                    "sched_main.c:drm_sched_resubmit_jobs, include/drm/gpu_scheduler.h:run_job (\"violates dma_fence rules\"), "
                            + "amdgpu_fence.c:amdgpu_fence_emit of 6.12 (job_run_counter); thread 003")
            .advice("Let run_job make a new hardware fence each time.")
            .needs(Stream.SCHED, Stream.HWF, Stream.FENCE)
            .before(DmaFenceInit.class, ResubmitTakesANewFence::judgeInit)
            .before(DmaFenceRenumber.class, ResubmitTakesANewFence::judgeRenumber)
            .build();

    private ResubmitTakesANewFence() {}

    private static void judgeInit(DmaFenceInit init, KernelState state, Report report) {
        Fence fence = state.fences().fence(init.fence());
        // The id of another fence that is done may come back although its end was not told.
        if (fence != null
                && fence.initSeq() > 0
                && isAlive(fence)
                && (fence.kind() == FenceKind.HARDWARE
                        || fence.isHardwareOfJob()
                        || !state.fences().isComplete(fence))) {
            report(fence.id(), fence, "initialised again", state, report);
        }
    }

    private static void judgeRenumber(DmaFenceRenumber renumber, KernelState state, Report report) {
        Fence fence = state.fences().fence(renumber.fence());
        if (renumber.hasFence() && (fence == null || isAlive(fence))) {
            report(renumber.fence(), fence, "renumbered", state, report);
        }
    }

    private static boolean isAlive(Fence fence) {
        return fence.destroySeq() == 0 && fence.departed() == 0 && !fence.hasSharedIdentity();
    }

    private static void report(long id, @Nullable Fence fence, String what, KernelState state, Report report) {
        long firstMention = state.ledger().isFragment() ? report.event().seq() : 0;
        Finding finding = report.violation("fence=" + id)
                .since(fence == null ? firstMention : fence.born())
                .witness("initialised", fence == null ? 0 : fence.initSeq())
                .witness(what, report.event().seq())
                .says("Fence " + id + " is " + what + " while it exists.");
        if (isOldAmdgpu(fence, state)) {
            finding.severity(Severity.WARN)
                    .says("Known exception: amdgpu up to 6.12 resubmits with the same fence; fence " + id + " is "
                            + what + " while it exists.");
        }
    }

    private static boolean isOldAmdgpu(@Nullable Fence fence, KernelState state) {
        String driver = fence == null ? null : fence.driver();
        return state.session().isKernelAtMost(6, 12)
                && (state.devices().mayBe("amdgpu", fence == null ? Event.ABSENT : fence.device())
                        || (driver != null && driver.equals("amdgpu")));
    }
}
