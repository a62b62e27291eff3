package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.RetryLoops.Loop;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.NotifierCheckRetry;
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
                    "A thread that finds its pages stale again and again gives up after a bounded number of turns and a bounded time.")
            .why(
                    "Other processes can invalidate the range as fast as it is fetched: the thread never gets on, nor can be killed.")
            .source(
                    "include/linux/hmm.h:HMM_RANGE_DEFAULT_TIMEOUT; amdgpu_hmm.c, drm_gpusvm.c (loops); thread 001, whose loop has "
                            + "no bound")
            .advice("Return -EAGAIN or -EBUSY after the time-out, and look at signal_pending.")
            .needs(Stream.CLOCK, Stream.NOTIFIER, Stream.USERPTR)
            .parameter("collision_limit", "session_start.collision_limit, else 100", "ours")
            .parameter("time_s", "1", "HMM_RANGE_DEFAULT_TIMEOUT")
            .after(NotifierReadRetry.class, (retry, state, report) -> {
                if (retry.collided()) {
                    judge(retry, retry.notifier(), state, report);
                }
            })
            .after(NotifierCheckRetry.class, (check, state, report) -> {
                if (check.collided()) {
                    judge(check, check.notifier(), state, report);
                }
            })
            .build();

    private RetriesAreBounded() {}

    private static void judge(Event collision, long notifier, KernelState state, Report report) {
        Loop loop = state.retryLoops().loop(collision.tid(), notifier);
        if (loop == null) {
            return;
        }
        long limit = state.session().collisionLimit();
        boolean tooOften = loop.collisions() > (limit != Event.ABSENT ? limit : COLLISIONS);
        // A first turn may itself have waited that long; to go on after it is what the limit forbids.
        boolean tooLong = loop.collisions() > 1 && state.ledger().nowNs() - loop.beganNs() > LIMIT_NS;
        if (tooOften || tooLong) {
            report.violation("notifier=" + notifier + " thread=" + collision.tid())
                    .since(loop.beganSeq())
                    .witness("loop begins", loop.beganSeq())
                    .witness("collided again", collision.seq())
                    .says("A thread fetches the pages under notifier " + notifier + " for the " + loop.collisions()
                            + ". time without success.");
        }
    }
}
