package dev.fenceline.analytics.rules.sched;

import dev.fenceline.analytics.rule.Obligation;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.SchedJobArm;
import dev.fenceline.event.SchedJobCleanup;
import dev.fenceline.event.SchedJobFree;
import dev.fenceline.event.Severity;
import dev.fenceline.event.SyscallReturn;
import org.jspecify.annotations.Nullable;

/** A-S01: armed means committed: arm is always followed by push. */
public final class ArmedJobIsPushed {
    private static final long LOOK_AGAIN_NS = 10_000_000_000L;

    public static final Rule RULE = Rule.named("A-S01", "armed-job-is-pushed")
            .severity(Severity.DEADLOCK)
            .states(
                    "A job that is armed is pushed: it is not cleaned up, freed or left behind by its system call before.")
            .why("From the arming on others may wait for the finished fence, and only a pushed job ever signals it.")
            .source(
                    "sched_main.c:drm_sched_job_arm (\"you *must* submit\"), sched_main.c:drm_sched_job_cleanup (\"point of no "
                            + "return\"); thread 003")
            .advice("Do everything that can fail before drm_sched_job_arm; behind it, push, whatever happens.")
            .needs(Stream.SCHED, Stream.END)
            .before(
                    SchedJobCleanup.class,
                    (cleanup, state, report) -> judge(state.schedulers().job(cleanup.job()), "cleaned up", report))
            .before(
                    SchedJobFree.class,
                    (free, state, report) -> judge(state.schedulers().job(free.job()), "freed", report))
            .before(SyscallReturn.class, ArmedJobIsPushed::judgeReturn)
            .after(SchedJobArm.class, (arm, state, report) -> {
                Job job = state.schedulers().job(arm.job());
                if (job != null && isArmed(job)) {
                    report.oblige(job.id(), state.ledger().nowNs() + LOOK_AGAIN_NS);
                }
            })
            .obliges(new Push())
            .build();

    private ArmedJobIsPushed() {}

    /** The kernel gives no time for the push: as long as nothing else became of the job, it is still to come. */
    private static final class Push implements Obligation {
        @Override
        public boolean isDischarged(long subject, KernelState state) {
            Job job = state.schedulers().job(subject);
            return job == null || !isArmed(job);
        }

        @Override
        public void judge(long subject, long dueNs, KernelState state, Report report) {
            long nowNs = Math.max(state.ledger().nowNs(), report.event().ts());
            report.oblige(subject, Math.max(nowNs, dueNs) + LOOK_AGAIN_NS);
        }
    }

    private static boolean isArmed(Job job) {
        return job.armSeq() > 0 && job.queueSeq() == 0 && job.departed() == 0;
    }

    private static void judgeReturn(SyscallReturn end, KernelState state, Report report) {
        for (int i = 0; i < state.schedulers().armed(); i++) {
            Job job = state.schedulers().job(state.schedulers().armed(i));
            if (job != null && job.submitterTid() == end.tid()) {
                judge(job, "left behind", report);
            }
        }
    }

    private static void judge(@Nullable Job job, String what, Report report) {
        if (job == null || !isArmed(job)) {
            return;
        }
        report.violation("job=" + job.id())
                .since(job.born())
                .witness("armed", job.armSeq())
                .witness(what + " without a push", report.event().seq())
                .says("Job " + job.id() + " is armed, and " + what + " without having been pushed.");
    }
}
