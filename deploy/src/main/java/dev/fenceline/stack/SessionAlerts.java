package dev.fenceline.stack;

import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import dev.fenceline.event.Severity;
import dev.fenceline.event.Source;
import dev.fenceline.recorder.store.SessionRecord;
import dev.fenceline.recorder.store.SqlRejectedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The alerts of a session as they landed, and the events they call as witnesses. */
public final class SessionAlerts {
    private static final int MOST = 100_000;

    private SessionAlerts() {}

    /** In the order in which the rules were violated. */
    public static List<Alert> of(StoreAccess store, SessionRecord session) {
        List<Alert> alerts = new ArrayList<>();
        try {
            for (List<@Nullable Object> row : store.query(
                            "SELECT seq, ts, rule, rule_name, severity, message, subject, witness, roles FROM alert"
                                    + " WHERE session = " + session.number() + " ORDER BY seq, rule",
                            MOST)
                    .rows()) {
                alerts.add(Alert.builder()
                        .rule(text(row.get(2)))
                        .ruleName(text(row.get(3)))
                        .severity(Severity.valueOf(String.valueOf(row.get(4))))
                        .message(text(row.get(5)))
                        .subject(text(row.get(6)))
                        .witness(LongList.of(list(row.get(7)).stream()
                                .mapToLong(seq -> ((Number) seq).longValue())
                                .toArray()))
                        .roles(list(row.get(8)).stream().map(String::valueOf).toList())
                        .build(number(row.get(0)), number(row.get(1)), 0, 0, 0, Source.DERIVED));
            }
        } catch (SqlRejectedException e) {
            throw new StackException("the store does not know its own tables: " + e.getMessage(), e);
        }
        return alerts;
    }

    /** The witnesses of {@code alerts}, by seq. */
    public static Map<Long, Event> witnesses(StoreAccess store, SessionRecord session, List<Alert> alerts) {
        TreeSet<Long> wanted = new TreeSet<>();
        for (Alert alert : alerts) {
            LongList witness = alert.witness();
            for (int i = 0; witness != null && i < witness.size(); i++) {
                wanted.add(witness.get(i));
            }
        }
        Map<Long, Event> events = new TreeMap<>();
        if (!wanted.isEmpty()) {
            store.events(session, event -> {
                if (wanted.contains(event.seq())) {
                    events.put(event.seq(), event);
                }
            });
        }
        return events;
    }

    private static @Nullable String text(@Nullable Object value) {
        return value == null ? null : value.toString();
    }

    private static long number(@Nullable Object value) {
        return value instanceof Number number ? number.longValue() : 0;
    }

    private static List<?> list(@Nullable Object value) {
        return value instanceof List<?> list ? list : List.of();
    }
}
