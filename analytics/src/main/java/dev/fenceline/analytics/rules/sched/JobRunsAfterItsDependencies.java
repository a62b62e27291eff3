package dev.fenceline.analytics.rules.sched;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.SchedJobRun;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** A-S03: a job runs only when its dependencies allow it. */
public final class JobRunsAfterItsDependencies {
    public static final Rule RULE = Rule.named("A-S03", "job-runs-after-its-dependencies")
            .severity(Severity.CRITICAL)
            .states(
                    "When a job runs, each of its dependencies is done, or is of the same entity, or is the finished fence "
                            + "of a job of the same scheduler that was scheduled and carries no error.")
            .why("The hardware works on memory that others still move, write or read.")
            .source("sched_entity.c:drm_sched_entity_add_dependency_cb, sched_entity.c:drm_sched_job_dependency, "
                    + "sched_main.c:drm_sched_job_add_dependency; thread 003")
            .advice(
                    "Compare the dependency with what the scheduler waited for; a fence that must not be pipelined needs "
                            + "DRM_SCHED_FENCE_DONT_PIPELINE.")
            .needs(Stream.SCHED, Stream.DEP, Stream.FENCE)
            .after(SchedJobRun.class, JobRunsAfterItsDependencies::judge)
            .build();

    private JobRunsAfterItsDependencies() {}

    /** What the recording knows of a question. */
    private enum Answer {
        YES,
        NO,
        UNKNOWN
    }

    private static void judge(SchedJobRun run, KernelState state, Report report) {
        Job job = state.schedulers().job(run.job());
        for (int i = 0; job != null && i < job.dependencies(); i++) {
            Fence fence = state.fences().pendingSince(job.dependency(i), job.dependencySeq(i));
            if (fence == null) {
                continue;
            }
            switch (allows(fence, job, state)) {
                case YES -> {}
                case UNKNOWN ->
                    report.unknown("it is not known whether fence " + fence.id()
                            + ", which is pending, is of the entity " + "or the scheduler of job " + job.id());
                case NO -> {
                    report(job, fence, job.dependencySeq(i), state, report);
                    return;
                }
            }
        }
    }

    /** Whether the job may run although the fence is pending. */
    private static Answer allows(Fence fence, Job job, KernelState state) {
        Job finishes = state.schedulers().jobOfFinished(fence.id());
        Job owner = finishes != null ? finishes : state.schedulers().jobOfScheduled(fence.id());
        if (owner == null) {
            boolean ofEntity = isOfContextOf(fence, job, state);
            boolean ofScheduler = fence.kind() == FenceKind.FINISHED || fence.kind() == FenceKind.SCHEDULED;
            return ofEntity ? Answer.YES : ofScheduler ? Answer.UNKNOWN : Answer.NO;
        }
        Answer sameEntity = isOfContextOf(fence, job, state)
                ? Answer.YES
                : isOtherContext(fence, job, state) ? Answer.NO : same(owner.entity(), job.entity());
        if (sameEntity == Answer.YES) {
            return Answer.YES;
        }
        boolean pipelines = finishes != null && isScheduled(owner, state) && !hasError(owner, job);
        Answer sameScheduler = pipelines ? same(owner.scheduler(), job.scheduler()) : Answer.NO;
        return sameScheduler == Answer.NO ? sameEntity : sameScheduler;
    }

    private static Answer same(long a, long b) {
        return a == Event.ABSENT || b == Event.ABSENT ? Answer.UNKNOWN : a == b ? Answer.YES : Answer.NO;
    }

    /** The contexts of an entity tell its fences: sched_entity.c compares fence_context and the one after it. */
    private static boolean isOfContextOf(Fence fence, Job job, KernelState state) {
        long finished = finishedContext(job, state);
        return finished != Event.ABSENT && (fence.context() == finished || fence.context() == finished - 1);
    }

    private static boolean isOtherContext(Fence fence, Job job, KernelState state) {
        return fence.context() != Event.ABSENT && finishedContext(job, state) != Event.ABSENT;
    }

    private static long finishedContext(Job job, KernelState state) {
        Fence finished = state.fences().fence(job.finished());
        return finished == null || finished.context() == 0 ? Event.ABSENT : finished.context();
    }

    private static boolean isScheduled(Job owner, KernelState state) {
        Fence scheduled = state.fences().fence(owner.scheduled());
        return scheduled == null ? owner.hasRun() : state.fences().isComplete(scheduled);
    }

    /** The scheduler looks for an error when it takes the job off its entity: one that is set later came too late for it. */
    private static boolean hasError(Job owner, Job job) {
        return owner.errorSeq() > 0 && (job.popSeq() == 0 || owner.errorSeq() < job.popSeq());
    }

    private static void report(Job job, Fence fence, long dependencySeq, KernelState state, Report report) {
        @Nullable Job owner = state.schedulers().jobOfFinished(fence.id());
        boolean sameScheduler =
                owner != null && owner.scheduler() != Event.ABSENT && owner.scheduler() == job.scheduler();
        boolean error = sameScheduler && owner != null && hasError(owner, job);
        report.violation("job=" + job.id())
                .since(job.born())
                .since(state.fences().knownFrom(fence))
                .witness("to wait for", dependencySeq)
                .witness("error set on it", error && owner != null ? owner.errorSeq() : 0)
                .witness("run while it is pending", report.event().seq())
                .says("Job " + job.id() + " runs while its dependency, fence " + fence.id() + ", is pending"
                        + (error
                                ? " with an error, which rules out that the ring orders them."
                                : sameScheduler ? " and its job not scheduled yet." : "."));
    }
}
