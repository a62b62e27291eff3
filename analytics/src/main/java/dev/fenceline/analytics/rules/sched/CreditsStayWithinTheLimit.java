package dev.fenceline.analytics.rules.sched;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.GpuScheduler;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Schedulers;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.SchedJobRun;
import dev.fenceline.event.Severity;

/** A-S06: credits: what is on the hardware never exceeds the limit. */
public final class CreditsStayWithinTheLimit {
    public static final Rule RULE = Rule.named("A-S06", "credits-stay-within-the-limit")
            .severity(Severity.ERROR)
            .states(
                    "The credits of the jobs that run and are not done, one more than the limit counting as the limit, stay "
                            + "within the credit limit of their scheduler; each job takes at least one.")
            .why(
                    "The limit is the space in the ring: beyond it commands are overwritten that the hardware has not read.")
            .source(
                    "sched_main.c:drm_sched_can_queue (\"Jobs may not exceed the credit limit, truncate.\"), "
                            + "sched_main.c:drm_sched_available_credits, sched_main.c:drm_sched_stop and drm_sched_start; thread 003")
            .advice(
                    "Compare credit_count with the pending list: a stop gives the credits back, a start takes them again.")
            .needs(Stream.SCHED, Stream.CREDIT)
            .after(SchedJobRun.class, CreditsStayWithinTheLimit::judge)
            .build();

    private CreditsStayWithinTheLimit() {}

    private static void judge(SchedJobRun run, KernelState state, Report report) {
        Job job = state.schedulers().job(run.job());
        if (job == null) {
            return;
        }
        if (job.credits() != Event.ABSENT && job.credits() < 1) {
            report.violation("job=" + job.id())
                    .since(job.born())
                    .witness("run without a credit", run.seq())
                    .says("Job " + job.id() + " runs with " + job.credits() + " credits.");
            return;
        }
        GpuScheduler scheduler = state.schedulers().scheduler(job.scheduler());
        if (scheduler == null || scheduler.limit() == Event.ABSENT) {
            report.unknown("it is not known which credit limit holds for job {}", job.id());
            return;
        }
        long others = state.schedulers().creditsInUse(scheduler, job);
        long own = Schedulers.credits(job, scheduler.limit());
        if (others + own <= scheduler.limit()) {
            return;
        }
        Finding finding = report.violation("scheduler=" + scheduler.id())
                .since(scheduler.born())
                .says("With job " + job.id() + " there are " + (others + own) + " credits on the hardware of scheduler "
                        + scheduler.id() + ", its limit is " + scheduler.limit() + ".");
        // As many of the running jobs as prove it.
        long sum = own;
        for (int i = 0; i < scheduler.pending() && sum <= scheduler.limit(); i++) {
            Job other = state.schedulers().job(scheduler.pending(i));
            if (other != null && other != job && state.schedulers().holdsCredits(scheduler, other)) {
                sum += Schedulers.credits(other, scheduler.limit());
                finding.since(other.runSeq()).witness("runs", other.runSeq());
            }
        }
        finding.witness("runs beyond the limit", run.seq());
    }
}
