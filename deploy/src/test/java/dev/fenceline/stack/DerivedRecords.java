package dev.fenceline.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.fenceline.analytics.check.SessionCheck;
import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.event.Event;
import dev.fenceline.recorder.kafka.EventTail;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.recorder.kafka.TailedEvent;
import dev.fenceline.text.EventJson;
import dev.fenceline.wire.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** What checks say of sessions, as lines of JSON: what the job wrote to Kafka, and what it should have written. */
public final class DerivedRecords {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(100);

    private DerivedRecords() {}

    /** What is committed, for each session in order: alerts and verdicts, then that it was checked. */
    public static Map<UUID, List<String>> committed(KafkaEndpoint kafka) {
        Map<UUID, List<String>> lines = new TreeMap<>();
        for (String topic : List.of(Topics.ALERTS, Topics.SESSIONS)) {
            try (EventTail tail = EventTail.fromBeginning(kafka, List.of(topic))) {
                // The end is reached when nothing more comes; what a transaction still holds open is not committed.
                while (!tail.atEnd()) {
                    for (TailedEvent tailed : tail.poll(POLL)) {
                        lines.computeIfAbsent(tailed.session(), session -> new ArrayList<>())
                                .add(EventJson.line(tailed.event()));
                    }
                }
            }
        }
        return lines;
    }

    /** What an offline check says of each session. */
    public static Map<UUID, List<String>> expected(Map<UUID, List<Event>> sessions) {
        Map<UUID, List<String>> lines = new TreeMap<>();
        sessions.forEach((session, events) -> {
            List<String> said = new ArrayList<>();
            SessionCheck check = new SessionCheck(RuleCatalogue.all());
            for (Event event : events) {
                check.apply(event, derived -> said.add(EventJson.line(derived)));
            }
            check.finish(derived -> said.add(EventJson.line(derived)));
            lines.put(session, said);
        });
        return lines;
    }

    /**
     * Compares session by session, what the job said with what the offline check says, and shows the first session of which they differ:
     * all of both would be too much to print.
     */
    public static void assertSame(Map<UUID, List<String>> committed, Map<UUID, List<String>> expected) {
        assertThat(committed.keySet()).isEqualTo(expected.keySet());
        expected.forEach((session, said) ->
                assertThat(committed.get(session)).as("session %s", session).isEqualTo(said));
    }

    /** Waits until the job says of all {@code sessions} that they are checked. */
    public static void awaitChecked(KafkaEndpoint kafka, Collection<UUID> sessions) {
        Set<UUID> unchecked = new HashSet<>(sessions);
        try (EventTail tail = EventTail.fromBeginning(kafka, List.of(Topics.SESSIONS))) {
            await().atMost(PATIENCE).pollInterval(POLL).until(() -> {
                tail.poll(POLL).forEach(tailed -> unchecked.remove(tailed.session()));
                return unchecked.isEmpty();
            });
        }
    }
}
