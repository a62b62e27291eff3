package dev.fenceline.analytics.rules.sched;

import dev.fenceline.analytics.rule.Obligation;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.GpuScheduler;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SessionFacts;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.SchedJobResolve;
import dev.fenceline.event.SchedJobTimeout;
import dev.fenceline.event.Severity;
import dev.fenceline.event.TimeoutStatus;
import org.jspecify.annotations.Nullable;

/** A-S07: a timeout ends in completion: signalled, reset or declared no-hang. */
public final class TimeoutEndsInCompletion {
    private static final long BOUND_NS = 10_000_000_000L;

    public static final Rule RULE = Rule.named("A-S07", "timeout-ends-in-completion")
            .severity(Severity.DEADLOCK)
            .states(
                    "The handler of a timeout returns; after RESET the job is completed, run again or its scheduler started; "
                            + "after ENODEV, which ends the timer, somebody completes every job pending on the scheduler.")
            .why("The timeout is the last one to end a hung job: what it leaves pending is pending for ever.")
            .source("include/drm/gpu_scheduler.h:enum drm_gpu_sched_stat, sched_main.c:drm_sched_job_timedout, "
                    + "amdgpu_job.c:amdgpu_job_timedout; threads 002, 003")
            .advice(
                    "After an unplug force the completion of all hardware fences; after a reset stop and start the scheduler.")
            .needs(Stream.SCHED, Stream.TDR)
            .parameter("finite_time", "session_start.finite_time", "the recording; wins over all others")
            .parameter("bound_s", "10", "ours: for each step, what drm-compute.rst gives a fence")
            .after(
                    SchedJobTimeout.class,
                    (timeout, state, report) -> oblige(state.schedulers().job(timeout.job()), state, report))
            .after(SchedJobResolve.class, TimeoutEndsInCompletion::judgeReturn)
            .obliges(new Completion())
            .build();

    private TimeoutEndsInCompletion() {}

    private static long boundNs(SessionFacts session) {
        return session.finiteTimeNs() == Event.ABSENT ? BOUND_NS : session.finiteTimeNs();
    }

    private static void oblige(@Nullable Job job, KernelState state, Report report) {
        if (job != null && isOpen(job, state)) {
            report.oblige(job.id(), job.timeoutNs() + boundNs(state.session()));
        }
    }

    private static void judgeReturn(SchedJobResolve resolve, KernelState state, Report report) {
        Job job = state.schedulers().job(resolve.job());
        if (job == null) {
            return;
        }
        oblige(job, state, report);
        GpuScheduler scheduler = state.schedulers().scheduler(job.scheduler());
        for (int i = 0; job.abandonedSeq() == resolve.seq() && scheduler != null && i < scheduler.pending(); i++) {
            if (scheduler.pending(i) != job.id()) {
                oblige(state.schedulers().job(scheduler.pending(i)), state, report);
            }
        }
    }

    private static boolean isUnanswered(Job job) {
        return job.timeoutSeq() > 0 && job.resolveSeq() == 0;
    }

    private static boolean isOpen(Job job, KernelState state) {
        if (isUnanswered(job)) {
            return true;
        }
        if (state.schedulers().isOver(job)) {
            return false;
        }
        return job.abandonedSeq() > 0 || (job.status() == TimeoutStatus.RESET && !isRunAgain(job, state));
    }

    /** The handler itself stops and starts the scheduler: before it returns. */
    private static boolean isRunAgain(Job job, KernelState state) {
        GpuScheduler scheduler = state.schedulers().scheduler(job.scheduler());
        long since = job.timeoutSeq();
        return job.runSeq() > since || (scheduler != null && scheduler.startSeq() > since);
    }

    private static final class Completion implements Obligation {
        @Override
        public boolean isDischarged(long subject, KernelState state) {
            Job job = state.schedulers().job(subject);
            return job == null || !isOpen(job, state);
        }

        @Override
        public void judge(long subject, long dueNs, KernelState state, Report report) {
            Job job = state.schedulers().job(subject);
            long bound = boundNs(state.session());
            // Each step has its own time; this may be the end of an earlier one's.
            if (job == null || dueNs < job.timeoutNs() + bound) {
                return;
            }
            boolean unanswered = isUnanswered(job);
            report.violation("job=" + subject)
                    .since(job.born())
                    .witness("timed out", job.timeoutSeq())
                    .witness("handler returned " + job.status(), job.resolveSeq())
                    .witness("timer ended by ENODEV", unanswered ? 0 : job.abandonedSeq())
                    .witness("still so after the bound", report.event().seq())
                    .says(bound / 1_000_000 + " ms later "
                            + (unanswered
                                    ? "the timeout handler of job " + subject + " has not returned."
                                    : "job " + subject + " is still pending after its timeout "
                                            + (job.abandonedSeq() > 0 ? "ended with ENODEV." : "ended with RESET.")));
        }
    }
}
