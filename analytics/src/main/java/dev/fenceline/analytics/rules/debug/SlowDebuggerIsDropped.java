package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Obligation;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.HeldUpCalls;
import dev.fenceline.analytics.state.HeldUpCalls.HeldUpCall;
import dev.fenceline.analytics.state.HeldUpCalls.Pause;
import dev.fenceline.analytics.state.Ioctls;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Ioctl;
import dev.fenceline.event.IoctlEnter;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** D11: a debugger that does not read holds its clients up for a while and no longer. */
public final class SlowDebuggerIsDropped {
    private static final long LIMIT_NS = 25_000_000_000L;
    private static final long SLACK_NS = 5_000_000_000L;

    public static final Rule RULE = Rule.named("D11", "slow-debugger-is-dropped")
            .severity(Severity.WARN)
            .states(
                    "A call of a debugged client waits for its debugger to read events no longer than the limit in which the debugger "
                            + "reads none: then the connection ends and the client goes on.")
            .why(
                    "A debugger that hangs or was stopped takes the program down with it, and the locks that the call holds.")
            .source("xe_eudebug.c:xe_eudebug_queue_event (XE_EUDEBUG_NO_READ_DETECTED_TIMEOUT_MS); what waits for an "
                    + "acknowledgement is a user fence, and may wait for ever")
            .advice(
                    "Give up after the limit, counted anew with each read, and disconnect the debugger with -ETIMEDOUT.")
            .needs(Stream.CLOCK, Stream.DEBUG, Stream.TASK)
            .parameter("limit_s", "25", "xe_eudebug.c")
            .parameter("slack_s", "5", "ours: the kernel looks once a second")
            .before(Ioctl.class, SlowDebuggerIsDropped::judgeReturned)
            .after(IoctlEnter.class, (call, state, report) -> {
                if (call.hasBlockedBy() && call.tid() != 0 && !waitsForUserFence(call.name())) {
                    report.oblige(call.tid(), state.ledger().nowNs() + LIMIT_NS + SLACK_NS);
                }
            })
            .obliges(new Return())
            .build();

    private SlowDebuggerIsDropped() {}

    /** Such a wait is for the acknowledgement of a bind, or for anything else: the name has to tell. */
    private static boolean waitsForUserFence(@Nullable String name) {
        return name == null || Ioctls.is(name, Ioctls.WAIT_USER_FENCE);
    }

    private static void judgeReturned(Ioctl call, KernelState state, Report report) {
        if (!call.hasBlockedBy() || waitsForUserFence(call.name())) {
            return;
        }
        HeldUpCall entered = state.heldUpCalls().call(call.tid());
        if (!call.hasEnteredTs() && entered == null) {
            return;
        }
        long enteredNs = entered == null || call.hasEnteredTs() ? call.enteredTs() : entered.enteredNs();
        long nowNs = Math.max(state.ledger().nowNs(), call.ts());
        Pause pause = state.heldUpCalls().pause(call.blockedBy(), enteredNs, nowNs);
        if (pause.ns() > LIMIT_NS + SLACK_NS) {
            tell(call.blockedBy(), pause, entered == null ? 0 : entered.born(), "call returned", report);
        }
    }

    private static void tell(long connection, Pause pause, long enterSeq, String last, Report report) {
        report.violation("connection=" + connection)
                .since(pause.sinceSeq() > 0 ? pause.sinceSeq() : enterSeq)
                .witness("last event read", pause.sinceSeq())
                .witness("call entered", enterSeq)
                .witness(last, report.event().seq())
                .says("A client waited " + pause.ns() / 1_000_000_000L + " s for the debugger of connection "
                        + connection + ", which read nothing and was not disconnected.");
    }

    private static final class Return implements Obligation {
        @Override
        public boolean isDischarged(long subject, KernelState state) {
            HeldUpCall call = state.heldUpCalls().call(subject);
            return call == null || state.heldUpCalls().isDetached(call.connection());
        }

        @Override
        public void judge(long subject, long dueNs, KernelState state, Report report) {
            HeldUpCalls calls = state.heldUpCalls();
            HeldUpCall call = calls.call(subject);
            if (call == null) {
                return;
            }
            Pause pause = calls.pause(call.connection(), call.enteredNs(), dueNs);
            if (pause.ns() >= LIMIT_NS + SLACK_NS) {
                tell(call.connection(), pause, call.born(), "still waiting", report);
            } else {
                report.oblige(subject, dueNs + LIMIT_NS + SLACK_NS - pause.ns());
            }
        }
    }
}
