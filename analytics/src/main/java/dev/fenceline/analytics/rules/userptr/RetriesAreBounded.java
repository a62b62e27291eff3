package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.RetryLoops.Loop;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.NotifierCheckRetry;
import dev.fenceline.event.NotifierReadBeginDone;
import dev.fenceline.event.NotifierReadRetry;
import dev.fenceline.event.Severity;

/** U18: fetching pages again because of collisions ends. */
public final class RetriesAreBounded {
    /** HMM_RANGE_DEFAULT_TIMEOUT. */
    private static final long LIMIT_NS = 1_000_000_000L;

    private static final long COLLISIONS = 100;

    public static final Rule RULE = Rule.named("U18", "retries-are-bounded")
            .severity(Severity.WARN)
            .states(
                    "A thread that finds its pages under one notifier stale again and again stops after so many collisions in a "
                            + "row, and begins no further fetch once the time-out is over.")
            .why(
                    "Other processes can invalidate the range as fast as it is fetched: the thread never gets on, nor can be killed.")
            .source(
                    "include/linux/hmm.h:HMM_RANGE_DEFAULT_TIMEOUT; amdgpu_hmm.c, drm_gpusvm.c (loops); thread 001, whose loop has "
                            + "no bound")
            .advice("Return -EAGAIN or -EBUSY after the time-out, and look at signal_pending.")
            .needs(Stream.CLOCK, Stream.NOTIFIER, Stream.USERPTR)
            .parameter("collision_limit", "session_start.collision_limit, else 100", "ours")
            .parameter("time_s", "1", "HMM_RANGE_DEFAULT_TIMEOUT")
            .after(NotifierReadRetry.class, (retry, state, report) -> judgeCount(retry.notifier(), state, report))
            .after(NotifierCheckRetry.class, (check, state, report) -> judgeCount(check.notifier(), state, report))
            .after(NotifierReadBeginDone.class, (begin, state, report) -> judgeTime(begin.notifier(), state, report))
            .build();

    private RetriesAreBounded() {}

    private static void judgeCount(long notifier, KernelState state, Report report) {
        Loop loop = state.retryLoops().loop(report.event().tid(), notifier);
        long limit = state.session().collisionLimit();
        if (loop != null && loop.collisions() > (limit != Event.ABSENT ? limit : COLLISIONS)) {
            report(loop, notifier, "collided again", report);
        }
    }

    /** A turn may take as long as it takes; to begin another one after the time-out is what the time-out forbids. */
    private static void judgeTime(long notifier, KernelState state, Report report) {
        Loop loop = state.retryLoops().loop(report.event().tid(), notifier);
        if (loop != null && loop.collisions() > 0 && loop.turnAfterNs() > LIMIT_NS) {
            report(loop, notifier, "begun once more", report);
        }
    }

    private static void report(Loop loop, long notifier, String how, Report report) {
        report.violation("notifier=" + notifier + " thread=" + report.event().tid())
                .since(loop.beganSeq())
                .witness("loop begins", loop.beganSeq())
                .witness(how, report.event().seq())
                .says("A thread fetches the pages under notifier " + notifier + " again after " + loop.collisions()
                        + " collisions in a row.");
    }
}
