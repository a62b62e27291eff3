package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Obligation;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.DebugProtocol;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugDetach;
import dev.fenceline.event.DebugEvent;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** D19: the end of a connection lets go of everything that it held. */
public final class DetachLetsGo {
    private static final long BOUND_NS = 10_000_000_000L;

    public static final Rule RULE = Rule.named("D19", "detach-lets-go")
            .severity(Severity.ERROR)
            .states(
                    "After a debugger detached, no more events come through its connection, and within a bound every user fence that "
                            + "waited for it is signalled.")
            .why("The client waits for a debugger that is not there any more.")
            .source(
                    "xe_eudebug.c:xe_eudebug_disconnect; IGT xe_eudebug@basic-vm-bind-ufence-reconnect, @debugger-reopen")
            .advice(
                    "Walk the pending acknowledgements at the disconnect, whatever its reason, and signal what they hold.")
            .needs(Stream.CLOCK, Stream.DEBUG, Stream.EU, Stream.SYNC)
            .parameter("finite_time", "session_start.finite_time", "the recording; wins")
            .parameter("bound_s", "10", "ours: the release is a matter of microseconds")
            .before(DebugEvent.class, DetachLetsGo::judgeEvent)
            .after(DebugDetach.class, (detach, state, report) -> {
                DebugProtocol protocol = state.debugProtocols().protocol(detach.connection());
                if (protocol != null && protocol.detachSeq() == detach.seq() && protocol.heldBind() != null) {
                    report.oblige(protocol.id(), state.ledger().nowNs() + boundNs(state));
                }
            })
            .obliges(new Release())
            .build();

    private DetachLetsGo() {}

    private static long boundNs(KernelState state) {
        long finite = state.session().finiteTimeNs();
        return finite == Event.ABSENT ? BOUND_NS : finite;
    }

    private static void judgeEvent(DebugEvent event, KernelState state, Report report) {
        DebugProtocol protocol = state.debugProtocols().protocol(event.connection());
        if (protocol != null && protocol.detachSeq() > 0) {
            report.violation("connection=" + protocol.id())
                    .since(protocol.detachSeq())
                    .witness("detached", protocol.detachSeq())
                    .witness("event afterwards", event.seq())
                    .says("Connection " + protocol.id() + " gives an event although it was detached.");
        }
    }

    private static final class Release implements Obligation {
        @Override
        public boolean isDischarged(long subject, KernelState state) {
            DebugProtocol protocol = state.debugProtocols().protocol(subject);
            return protocol == null || protocol.heldBind() == null;
        }

        @Override
        public void judge(long subject, long dueNs, KernelState state, Report report) {
            DebugProtocol protocol = state.debugProtocols().protocol(subject);
            DebugProtocol.Bind bind = protocol == null ? null : protocol.heldBind();
            if (protocol != null && bind != null) {
                report.violation("connection=" + subject)
                        .since(protocol.born())
                        .since(bind.seq() > 0 ? bind.seq() : bind.fenceSeq())
                        .witness("bind told", bind.seq())
                        .witness("must be acknowledged", bind.fenceSeq())
                        .witness("detached", protocol.detachSeq())
                        .witness("still held after the bound", report.event().seq())
                        .says("A user fence still waits for connection " + subject + ", which was detached.");
            }
        }
    }
}
