package dev.fenceline.analytics.rules.sched;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.JobEntity;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceInit;
import dev.fenceline.event.DmaFenceSignaled;
import dev.fenceline.event.Event;
import dev.fenceline.event.SchedJobArm;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** A-S04: the fence pair of a job. */
public final class JobFencesKeepTheirOrder {
    public static final Rule RULE = Rule.named("A-S04", "job-fences-keep-their-order")
            .severity(Severity.ERROR)
            .states(
                    "The finished fence of a job has the context after that of its scheduled fence and the same sequence "
                            + "number; it signals after the scheduled fence and after the hardware fence, unless the driver returned "
                            + "none or the job was killed or cancelled.")
            .why("Waiters of the finished fence take the work for done: signalled early, they use memory the hardware "
                    + "still works on.")
            .source("sched_fence.c:drm_sched_fence_init, sched_fence.c:drm_sched_fence_scheduled, "
                    + "sched_main.c:drm_sched_run_job_work, sched_entity.c:drm_sched_entity_kill_jobs_work; thread 003")
            .advice("Only drm_sched_job_done may signal the finished fence of a job that the hardware has.")
            .needs(Stream.SCHED, Stream.FENCE, Stream.CTX)
            .after(
                    SchedJobArm.class,
                    (arm, state, report) -> judgePair(state.schedulers().job(arm.job()), state, report))
            // A recorder may tell of the arming before it tells of the fences.
            .after(DmaFenceInit.class, (init, state, report) -> {
                judgePair(state.schedulers().jobOfFinished(init.fence()), state, report);
                judgePair(state.schedulers().jobOfScheduled(init.fence()), state, report);
            })
            .before(DmaFenceSignaled.class, JobFencesKeepTheirOrder::judgeSignal)
            .build();

    private JobFencesKeepTheirOrder() {}

    private static void judgePair(@Nullable Job job, KernelState state, Report report) {
        Fence scheduled = job == null ? null : state.fences().fence(job.scheduled());
        Fence finished = job == null ? null : state.fences().fence(job.finished());
        if (job == null || job.armSeq() == 0 || scheduled == null || finished == null) {
            return;
        }
        boolean otherContext = scheduled.context() != Event.ABSENT
                && finished.context() != Event.ABSENT
                && finished.context() != scheduled.context() + 1;
        boolean otherSeqno = scheduled.seqno() != Event.ABSENT
                && finished.seqno() != Event.ABSENT
                && finished.seqno() != scheduled.seqno();
        if (otherContext || otherSeqno) {
            report.violation("job=" + job.id())
                    .since(job.born())
                    .witness("scheduled fence initialised", scheduled.initSeq())
                    .witness("finished fence initialised", finished.initSeq())
                    .witness("armed with both", job.armSeq())
                    .says("Job " + job.id() + " has the fences " + scheduled.context() + ":" + scheduled.seqno()
                            + " (scheduled) and " + finished.context() + ":" + finished.seqno()
                            + " (finished), which are no pair.");
        }
    }

    private static void judgeSignal(DmaFenceSignaled signaled, KernelState state, Report report) {
        Job job = state.schedulers().jobOfFinished(signaled.fence());
        Fence finished = state.fences().fence(signaled.fence());
        if (job == null || finished == null || finished.signaledSeq() > 0 || !isKnownFromBefore(job)) {
            return;
        }
        Fence scheduled = state.fences().fence(job.scheduled());
        if (scheduled != null && !state.fences().isComplete(scheduled)) {
            report(job, scheduled, "scheduled fence", state, report);
            return;
        }
        boolean failed = (signaled.hasError() && signaled.error() < 0) || job.errorSeq() > 0;
        Fence parent = state.fences().pendingSince(job.parent(), job.runSeq());
        if (job.runSeq() > 0) {
            if (parent != null
                    && job.killSeq() == 0
                    && !(failed && job.timeoutSeq() > 0)
                    && !state.schedulers().wasRestarted(job, job.runSeq())) {
                report(job, parent, "hardware fence", state, report);
            }
        } else if (!failed && job.doneSeq() == 0 && !mayHaveRun(job, state) && !mayBeKilled(job, state)) {
            report.violation("job=" + job.id())
                    .since(job.born())
                    .witness(job.queueSeq() > 0 ? "pushed" : "armed", Math.max(job.queueSeq(), job.armSeq()))
                    .witness("finished without a run", signaled.seq())
                    .says("The finished fence of job " + job.id()
                            + " signals, and the job neither ran nor was killed.");
        }
    }

    /** Of a job that is first heard of at its end nobody knows what happened before. */
    private static boolean isKnownFromBefore(Job job) {
        return job.armSeq() > 0 || job.queueSeq() > 0 || job.popSeq() > 0 || job.runSeq() > 0;
    }

    /** Who is taken off the entity is run at once: then the recording lacks it. */
    private static boolean mayHaveRun(Job job, KernelState state) {
        return job.popSeq() > 0 && !state.ledger().isFragment();
    }

    private static boolean mayBeKilled(Job job, KernelState state) {
        JobEntity entity = state.schedulers().entity(job.entity());
        return job.killSeq() > 0
                || (entity != null && (entity.killSeq() > 0 || entity.departed() > 0))
                || job.timeoutSeq() > 0
                || state.schedulers().wasRestarted(job, job.born());
    }

    private static void report(Job job, Fence pending, String what, KernelState state, Report report) {
        report.violation("job=" + job.id())
                .since(job.born())
                .since(state.fences().knownFrom(pending))
                .witness("armed", job.armSeq())
                .witness("run", job.runSeq())
                .witness("finished before its " + what, report.event().seq())
                .says("The finished fence of job " + job.id() + " signals before its " + what + " " + pending.id()
                        + ".");
    }
}
