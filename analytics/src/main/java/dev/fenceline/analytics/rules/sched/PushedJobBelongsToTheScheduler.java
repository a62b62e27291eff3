package dev.fenceline.analytics.rules.sched;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.JobEntity;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.SchedEntityFini;
import dev.fenceline.event.SchedEntityTouch;
import dev.fenceline.event.SchedJobTouch;
import dev.fenceline.event.Severity;

/** A-S09: ownership: job after push, entity after pop. */
public final class PushedJobBelongsToTheScheduler {
    public static final Rule RULE = Rule.named("A-S09", "pushed-job-belongs-to-the-scheduler")
            .severity(Severity.CRITICAL)
            .states(
                    "After the push the submitter touches the job no more, after the pop the scheduler no more the entity, and "
                            + "an entity does not end while jobs are queued in it that are not killed.")
            .why("The job may be run and freed before the push returns; the entity may be gone before its jobs are.")
            .source("sched_entity.c:drm_sched_entity_push_job (\"may be completed and freed up at any time\"), "
                    + "sched_entity.c:drm_sched_entity_pop_job (\"different lifecycles\"); thread 003")
            .advice("Take references to the fences before the push, and ask the job's scheduler instead of its entity.")
            .needs(Stream.SCHED, Stream.OBJ)
            .before(SchedJobTouch.class, PushedJobBelongsToTheScheduler::judgeJob)
            .before(SchedEntityTouch.class, PushedJobBelongsToTheScheduler::judgeEntity)
            .before(SchedEntityFini.class, PushedJobBelongsToTheScheduler::judgeEnd)
            .build();

    private PushedJobBelongsToTheScheduler() {}

    private static void judgeJob(SchedJobTouch touch, KernelState state, Report report) {
        Job job = state.schedulers().job(touch.job());
        if (job == null) {
            return;
        }
        boolean freed = job.freeSeq() > 0 && (job.cleanupSeq() > job.freeSeq() || touch.tid() != job.freerTid());
        // A worker that submits and then runs its own job is its scheduler, too.
        boolean givenAway = job.queueSeq() > 0 && touch.tid() == job.submitterTid() && touch.tid() != job.runnerTid();
        if (freed || givenAway) {
            report.violation("job=" + job.id())
                    .since(job.born())
                    .witness("pushed", job.queueSeq())
                    .witness("freed", job.freeSeq())
                    .witness("touched", touch.seq())
                    .says("Job " + job.id() + " is touched after "
                            + (freed ? "it was freed." : "its submitter gave it away."));
        }
    }

    private static void judgeEntity(SchedEntityTouch touch, KernelState state, Report report) {
        JobEntity entity = state.schedulers().entity(state.schedulers().entityOf(touch.entity()));
        if (entity == null) {
            return;
        }
        // With a job queued, the worker is there for that one; once the job runs, it tells those who wait for the
        // entity.
        boolean popped = entity.popSeq() > 0 && entity.popTid() == touch.tid() && entity.queued() == 0;
        if (entity.departed() > 0 || popped) {
            report.violation("entity=" + entity.id())
                    .since(entity.born())
                    .witness("last job taken off", popped ? entity.popSeq() : 0)
                    .witness("ended", entity.departed())
                    .witness("touched", touch.seq())
                    .says("Entity " + entity.id() + " is touched "
                            + (entity.departed() > 0
                                    ? "after its end."
                                    : "by the thread that took its last job off, through that job."));
        }
    }

    private static void judgeEnd(SchedEntityFini fini, KernelState state, Report report) {
        JobEntity entity = state.schedulers().entity(state.schedulers().entityOf(fini.entity()));
        Job job = entity == null || entity.queued() == 0
                ? null
                : state.schedulers().job(entity.queued(0));
        if (entity == null || job == null || entity.departed() > 0) {
            return;
        }
        report.violation("entity=" + entity.id())
                .since(entity.born())
                .since(job.born())
                .witness("job pushed", job.queueSeq())
                .witness("ended with the job queued", fini.seq())
                .says("Entity " + entity.id() + " ends while job " + job.id() + " is queued in it and not killed.");
    }
}
