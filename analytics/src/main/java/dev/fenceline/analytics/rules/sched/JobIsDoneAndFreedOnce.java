package dev.fenceline.analytics.rules.sched;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.GpuScheduler;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.SchedJobDone;
import dev.fenceline.event.SchedJobFree;
import dev.fenceline.event.Severity;

/** A-S05: a run job is done exactly once, then freed exactly once. */
public final class JobIsDoneAndFreedOnce {
    public static final Rule RULE = Rule.named("A-S05", "job-is-done-and-freed-once")
            .severity(Severity.CRITICAL)
            .states("A job that ran is done once, and freed once, after its finished fence signalled.")
            .why(
                    "Freed twice or too early, the free worker, the timeout handler and the interrupt work on memory that is "
                            + "somebody else's.")
            .source("sched_main.c:drm_sched_job_done, sched_main.c:drm_sched_free_job_work, "
                    + "sched_main.c:drm_sched_job_timedout (takes the job off the list before its handler), "
                    + "sched_main.c:drm_sched_job_reinsert_on_false_timeout; thread 003")
            .advice("A handler that finds the job complete returns NO_HANG; one that resets puts the job back by "
                    + "drm_sched_stop.")
            .needs(Stream.SCHED, Stream.JOBS)
            .before(SchedJobDone.class, JobIsDoneAndFreedOnce::judgeDone)
            .after(SchedJobFree.class, JobIsDoneAndFreedOnce::judgeFree)
            .build();

    private JobIsDoneAndFreedOnce() {}

    private static void judgeDone(SchedJobDone done, KernelState state, Report report) {
        Job job = state.schedulers().job(done.job());
        if (job != null && job.doneSeq() > 0) {
            report.violation("job=" + job.id())
                    .since(job.doneSeq())
                    .witness("done", job.doneSeq())
                    .witness("done again", done.seq())
                    .says("Job " + job.id() + " is done a second time.");
            return;
        }
        if (job != null && job.hasRun()) {
            return;
        }
        if (job != null && job.popSeq() > 0 && !state.ledger().isFragment()) {
            report.unknown(
                    "job {} was taken off its entity and is done, but the recording does not tell of its run",
                    job.id());
            return;
        }
        long known = job == null || done.hasScheduler() ? done.scheduler() : job.scheduler();
        GpuScheduler scheduler = state.schedulers().scheduler(state.schedulers().schedulerOf(known));
        long pushed = job == null ? 0 : Math.max(job.armSeq(), job.queueSeq());
        // A start completes the pending jobs that lost their hardware fence.
        if (done.hasJob() && (scheduler == null || scheduler.startSeq() <= pushed)) {
            report.violation("job=" + done.job())
                    .since(job == null ? (state.ledger().isFragment() ? done.seq() : 0) : job.born())
                    .witness("pushed", job == null ? 0 : job.queueSeq())
                    .witness("done without a run", done.seq())
                    .says("Job " + done.job() + " is done, but it did not run.");
        }
    }

    private static void judgeFree(SchedJobFree free, KernelState state, Report report) {
        Job job = state.schedulers().job(free.job());
        if (job == null) {
            return;
        }
        if (job.freeSeq() != free.seq()) {
            report.violation("job=" + job.id())
                    .since(job.freeSeq())
                    .witness("freed", job.freeSeq())
                    .witness("freed again", free.seq())
                    .says("Job " + job.id() + " is freed a second time.");
            return;
        }
        boolean running = job.runSeq() > 0
                && job.doneSeq() == 0
                && job.killSeq() == 0
                && !state.schedulers().wasRestarted(job, job.runSeq());
        Fence finished = state.fences().fence(job.finished());
        boolean pending = finished != null && !state.fences().isComplete(finished);
        if (finished == null ? running : pending && (running || state.fences().tellsSignals())) {
            report.violation("job=" + job.id())
                    .since(job.born())
                    .since(finished == null ? job.born() : finished.born())
                    .witness("run", job.runSeq())
                    .witness("freed before its finished fence signalled", free.seq())
                    .says("Job " + job.id() + " is freed before its finished fence"
                            + (job.finished() == Event.ABSENT ? "" : " " + job.finished()) + " signalled.");
        } else if (pending) {
            report.unknown("it is not known whether fence " + job.finished() + " signalled before job " + job.id()
                    + " was freed: the recording does not hold the stream fence");
        }
    }
}
