package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.DebugProtocol;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugAck;
import dev.fenceline.event.DebugEventType;
import dev.fenceline.event.Severity;

/** D08: only an event that asks for it is acknowledged, and only once. */
public final class EventIsAcknowledgedOnce {
    public static final Rule RULE = Rule.named("D08", "event-is-acknowledged-once")
            .severity(Severity.ERROR)
            .states(
                    "An acknowledgement succeeds once, for a delivered event that asks for one, of that type and number; else it gives "
                            + "-EINVAL, and -ENOTCONN after the end of the connection.")
            .why("What is acknowledged twice lets a user fence go twice, or that of another bind.")
            .source("xe_eudebug.c:xe_eudebug_ack_event_ioctl; IGT xe_eudebug@basic-vm-bind-ufence-reconnect")
            .advice("Take the pending acknowledgement out of the tree under its lock, by type and number.")
            .needs(Stream.DEBUG)
            .before(DebugAck.class, EventIsAcknowledgedOnce::judge)
            .build();

    private EventIsAcknowledgedOnce() {}

    private static void judge(DebugAck ack, KernelState state, Report report) {
        DebugProtocol protocol = state.debugProtocols().protocol(ack.connection());
        if (protocol == null || !ack.hasSeqno() || (ack.hasResult() && ack.result() < 0)) {
            return;
        }
        if (protocol.detachSeq() > 0) {
            report(ack, protocol.detachSeq(), "connection ended", "after the end of the connection", report);
            return;
        }
        DebugProtocol.Delivered event = protocol.event(ack.seqno());
        if (event == null) {
            // What a fragment does not show may have been delivered before.
            if (protocol.isShown()) {
                report(ack, protocol.born(), "connected", "though it was never delivered", report);
            }
        } else if (event.ackSeq() > 0) {
            report(ack, event.ackSeq(), "acknowledged", "again", report);
        } else if (!event.needsAck()) {
            report(ack, event.seq(), "delivered", "though it asks for none", report);
        } else if (ack.type() != DebugEventType.UNKNOWN
                && event.type() != DebugEventType.UNKNOWN
                && ack.type() != event.type()) {
            report(ack, event.seq(), "delivered", "as one of another type", report);
        }
    }

    private static void report(DebugAck ack, long seq, String role, String how, Report report) {
        report.violation("ack=" + ack.seq())
                .since(seq)
                .witness(role, seq)
                .witness("acknowledged now", ack.seq())
                .says("Event " + ack.seqno() + " of connection " + ack.connection() + " is acknowledged " + how + ".");
    }
}
