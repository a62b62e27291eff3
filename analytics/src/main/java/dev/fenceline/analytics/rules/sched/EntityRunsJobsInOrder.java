package dev.fenceline.analytics.rules.sched;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.JobEntity;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.SchedJobQueue;
import dev.fenceline.event.SchedJobRun;
import dev.fenceline.event.Severity;

/** A-S02: per entity, arm order is seqno order is push order is run order. */
public final class EntityRunsJobsInOrder {
    public static final Rule RULE = Rule.named("A-S02", "entity-runs-jobs-in-order")
            .severity(Severity.ERROR)
            .states(
                    "The jobs of an entity are pushed, and run, in the order of the sequence numbers their arming gave them.")
            .why(
                    "Who waits for a fence of the entity relies on all earlier ones being done: out of order, waits end too "
                            + "early.")
            .source("sched_entity.c:drm_sched_entity_push_job (\"under common lock\" with the arming), "
                    + "sched_fence.c:drm_sched_fence_init (fence_seq); thread 003")
            .advice("Hold one lock from drm_sched_job_arm to drm_sched_entity_push_job.")
            .needs(Stream.SCHED)
            .after(SchedJobQueue.class, EntityRunsJobsInOrder::judgePush)
            .after(SchedJobRun.class, EntityRunsJobsInOrder::judgeRun)
            .build();

    private EntityRunsJobsInOrder() {}

    private static void judgePush(SchedJobQueue queue, KernelState state, Report report) {
        Job job = state.schedulers().job(queue.job());
        JobEntity entity = job == null ? null : state.schedulers().entity(job.entity());
        // The entity shows the latest number: one that is not this job's was pushed before.
        if (job != null
                && entity != null
                && job.seqno() != Event.ABSENT
                && entity.queuedSeq() > 0
                && entity.queuedSeq() < queue.seq()) {
            report(job, entity.queuedSeqno(), entity.queuedSeq(), "pushed", report);
        }
    }

    private static void judgeRun(SchedJobRun run, KernelState state, Report report) {
        Job job = state.schedulers().job(run.job());
        JobEntity entity = job == null ? null : state.schedulers().entity(job.entity());
        if (job != null
                && entity != null
                && job.seqno() != Event.ABSENT
                && entity.runSeq() > 0
                && entity.runSeq() < run.seq()
                && !isResubmitted(job, state)) {
            report(job, entity.runSeqno(), entity.runSeq(), "run", report);
        }
    }

    /** A reset runs pending jobs again; they left the queue in order once. */
    private static boolean isResubmitted(Job job, KernelState state) {
        long earlier = job.previousRunSeq();
        return earlier > 0
                && (job.scheduler() == Event.ABSENT
                        || job.timeoutSeq() > earlier
                        || state.schedulers().wasRestarted(job, earlier));
    }

    private static void report(Job job, long seqno, long seq, String what, Report report) {
        report.violation("job=" + job.id())
                .restsOn(job)
                .witness(seqno == job.seqno() ? what + " already" : "later number " + what, seq)
                .witness(what + " out of order", report.event().seq())
                .says("Job " + job.id() + " of number " + job.seqno() + " is " + what + " after number " + seqno
                        + " of the same entity.");
    }
}
