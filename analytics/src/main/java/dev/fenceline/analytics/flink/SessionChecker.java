package dev.fenceline.analytics.flink;

import dev.fenceline.analytics.check.SessionCheck;
import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.SessionChecked;
import dev.fenceline.event.Source;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.Topics;
import dev.fenceline.wire.UndecodableException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.util.Collector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decodes records, applies them to their sessions and encodes what comes of it. One thread's.
 *
 * <p>Nothing a record holds stops the job:
 * <ul>
 *   <li>one that cannot be decoded is counted ({@code undecodable}): it leaves a hole in seq, on which the check gives its verdict,
 *       and the recorder, which reads the same topic, puts it with its reason into the dead letters;
 *   <li>one seen before (a producer without idempotence tried again) is counted ({@code duplicates});
 *   <li>one after the session's end is counted ({@code late});
 *   <li>one on which a rule fails shows a defect of ours: the check of that session ends there, incomplete ({@code failed}).
 * </ul>
 */
final class SessionChecker {
    private static final Logger LOG = LoggerFactory.getLogger(SessionChecker.class);

    private final EventCodec codec = new EventCodec();
    private final Consumer<Event> give = this::give;
    private final Counter events;
    private final Counter undecodable;
    private final Counter duplicates;
    private final Counter late;
    private final Counter failed;
    private final Counter alerts;
    private final Counter ended;

    /** What one event gave, until it is known that the rules coped with it. */
    private final List<Event> given = new ArrayList<>();

    SessionChecker(MetricGroup metrics) {
        this.events = metrics.counter("events");
        this.undecodable = metrics.counter("undecodable");
        this.duplicates = metrics.counter("duplicates");
        this.late = metrics.counter("late");
        this.failed = metrics.counter("failed");
        this.alerts = metrics.counter("alerts");
        this.ended = metrics.counter("ended");
    }

    /** Applies one record to its session. */
    void check(EventRecord record, CheckedSession session, Collector<DerivedRecord> out) {
        session.touch();
        Event event;
        try {
            event = codec.decode(record.wire());
        } catch (UndecodableException e) {
            undecodable.inc();
            LOG.warn("skipped {}: {}", record, e.getMessage());
            return;
        }
        SessionCheck check = session.check();
        if (check == null) {
            late.inc();
        } else if (event.seq() <= session.lastSeq()) {
            duplicates.inc();
        } else {
            events.inc();
            session.advanceTo(event.seq());
            apply(event, check, record, session);
            handOn(record.session(), out);
        }
    }

    /** Ends a session that has no {@code session_end}: gives its verdicts as they are, and that it is not complete. */
    void finish(String key, CheckedSession session, Collector<DerivedRecord> out) {
        SessionCheck check = session.check();
        session.close();
        if (check == null || session.lastSeq() == CheckedSession.NONE) {
            return;
        }
        try {
            check.finish(give);
        } catch (RuntimeException e) {
            failed.inc();
            LOG.error("the check of session {} failed at its end, behind seq {}", key, session.lastSeq(), e);
            given.add(SessionChecked.builder()
                    .complete(false)
                    .build(session.lastSeq(), check.state().ledger().nowNs(), 0, 0, 0, Source.DERIVED));
        }
        handOn(key, out);
    }

    private void handOn(String key, Collector<DerivedRecord> out) {
        for (int i = 0; i < given.size(); i++) {
            out.collect(record(key, given.get(i)));
        }
        given.clear();
    }

    /** What the event gave is handed on outside this, so that a failure of the sink is not taken for one of a rule. */
    private void apply(Event event, SessionCheck check, EventRecord record, CheckedSession session) {
        try {
            check.apply(event, give);
            if (event.eventType() == EventType.SESSION_END) {
                check.finish(give);
            }
        } catch (RuntimeException e) {
            failed.inc();
            LOG.error("the check of a session failed on {}, {}, and ends there", record, event, e);
            session.close();
            given.add(SessionChecked.builder()
                    .complete(false)
                    .build(event.seq(), event.ts(), event.cpu(), event.tid(), event.tgid(), Source.DERIVED));
            return;
        }
        if (event.eventType() == EventType.SESSION_END) {
            ended.inc();
            session.close();
        }
    }

    private void give(Event derived) {
        given.add(derived);
    }

    private DerivedRecord record(String session, Event derived) {
        EventType type = derived.eventType();
        if (type == EventType.ALERT) {
            alerts.inc();
        }
        String topic = type == EventType.SESSION_CHECKED ? Topics.SESSIONS : Topics.ALERTS;
        return new DerivedRecord(topic, session, codec.encode(derived));
    }
}
