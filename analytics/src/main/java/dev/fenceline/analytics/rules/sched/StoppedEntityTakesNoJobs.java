package dev.fenceline.analytics.rules.sched;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.GpuScheduler;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.JobEntity;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.SchedFini;
import dev.fenceline.event.SchedJobQueue;
import dev.fenceline.event.Severity;

/** A-S10: no push to a stopped entity, no teardown with pending jobs. */
public final class StoppedEntityTakesNoJobs {
    public static final Rule RULE = Rule.named("A-S10", "stopped-entity-takes-no-jobs")
            .severity(Severity.DEADLOCK)
            .states(
                    "No job is pushed to an entity that was killed or has ended, and a scheduler is torn down only with no job "
                            + "pending, unless its driver cancels them.")
            .why(
                    "The push is dropped and the fences of the job never signal; nobody completes what a teardown leaves behind.")
            .source("sched_rq.c (\"Trying to push to a killed entity\"), sched_main.c:drm_sched_fini (\"Tearing down "
                    + "scheduler while jobs are pending!\"), sched_main.c:drm_sched_cancel_remaining_jobs; thread 002")
            .advice("Publish the fences of a job only if its entity still takes it; implement cancel_job.")
            .needs(Stream.SCHED, Stream.KILL)
            .before(SchedJobQueue.class, StoppedEntityTakesNoJobs::judgePush)
            .before(SchedFini.class, StoppedEntityTakesNoJobs::judgeTeardown)
            .build();

    private StoppedEntityTakesNoJobs() {}

    private static void judgePush(SchedJobQueue queue, KernelState state, Report report) {
        Job job = state.schedulers().job(queue.job());
        JobEntity entity = state.schedulers()
                .entity(state.schedulers().entityOf(queue.hasEntity() || job == null ? queue.entity() : job.entity()));
        GpuScheduler scheduler = state.schedulers()
                .scheduler(state.schedulers()
                        .schedulerOf(queue.hasScheduler() || job == null ? queue.scheduler() : job.scheduler()));
        if (!queue.hasJob()) {
            return;
        }
        if (entity != null && entity.killSeq() > 0) {
            report(queue, "entity killed", entity.killSeq(), report);
        } else if (entity != null && entity.departed() > 0) {
            report(queue, "entity ended", entity.departed(), report);
        } else if (scheduler != null && scheduler.departed() > 0) {
            // drm_sched_fini stops the entities of its run queues.
            report(queue, "scheduler torn down", scheduler.departed(), report);
        }
    }

    private static void report(SchedJobQueue queue, String stop, long stopSeq, Report report) {
        report.violation("job=" + queue.job())
                .since(stopSeq)
                .witness(stop, stopSeq)
                .witness("pushed", queue.seq())
                .says("Job " + queue.job() + " is pushed to an entity that takes no more jobs: it will never run.");
    }

    private static void judgeTeardown(SchedFini fini, KernelState state, Report report) {
        GpuScheduler scheduler = state.schedulers().scheduler(state.schedulers().schedulerOf(fini.scheduler()));
        if (scheduler == null || scheduler.departed() > 0 || scheduler.cancels() || fini.cancel()) {
            return;
        }
        for (int i = 0; i < scheduler.pending(); i++) {
            Job job = state.schedulers().job(scheduler.pending(i));
            if (job != null && !state.schedulers().isOver(job)) {
                report.violation("scheduler=" + scheduler.id())
                        .since(scheduler.born())
                        .since(job.runSeq())
                        .witness("job runs", job.runSeq())
                        .witness("torn down with the job pending", fini.seq())
                        .says("Scheduler " + scheduler.id() + " is torn down while job " + job.id() + " is pending.");
                return;
            }
        }
    }
}
