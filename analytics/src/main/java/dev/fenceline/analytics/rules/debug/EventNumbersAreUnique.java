package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.DebugProtocol;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugEvent;
import dev.fenceline.event.Severity;

/** D04: no two events of a connection have the same number. */
public final class EventNumbersAreUnique {
    public static final Rule RULE = Rule.named("D04", "event-numbers-are-unique")
            .severity(Severity.ERROR)
            .states("Each event of a connection has a number above 0 that no other event of that connection has.")
            .why("The number is the name of the event: an acknowledgement or a reference would mean either of two.")
            .source(
                    "include/uapi/drm/xe_drm_eudebug.h (the order of delivery is not the order of creation; numbers may be missing)")
            .advice("Take the number from the connection's counter once for each event.")
            .needs(Stream.DEBUG)
            .parameter("numbers remembered", "1024", "ours: an event is not delivered later than that many others")
            .before(DebugEvent.class, EventNumbersAreUnique::judge)
            .build();

    private EventNumbersAreUnique() {}

    private static void judge(DebugEvent event, KernelState state, Report report) {
        if (!event.hasSeqno()) {
            return;
        }
        if (event.seqno() < 1) {
            report.violation("event=" + event.seq())
                    .since(event.seq())
                    .witness("event without a number", event.seq())
                    .says("An event has the number " + event.seqno() + "; the first is 1.");
            return;
        }
        DebugProtocol protocol = state.debugProtocols().protocol(event.connection());
        DebugProtocol.Delivered earlier = protocol == null ? null : protocol.event(event.seqno());
        if (protocol != null && earlier != null && earlier.isRead()) {
            report.violation("connection=" + protocol.id() + " seqno=" + event.seqno())
                    .since(earlier.seq())
                    .witness("event of that number", earlier.seq())
                    .witness("another one", event.seq())
                    .says("Two events of connection " + protocol.id() + " have the number " + event.seqno() + ".");
        }
    }
}
