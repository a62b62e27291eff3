package dev.fenceline.stack;

import static dev.fenceline.stack.DerivedRecords.awaitChecked;
import static dev.fenceline.stack.DerivedRecords.committed;
import static dev.fenceline.stack.DerivedRecords.expected;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fenceline.analytics.flink.RulesJobOptions;
import dev.fenceline.event.Event;
import dev.fenceline.recorder.kafka.EventEmitter;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.recorder.kafka.StreamTopics;
import dev.fenceline.wire.EventCodec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules job on a real Flink cluster between real Kafka topics. */
class EmbeddedFlinkTest {
    private static final NavigableMap<UUID, List<Event>> SESSIONS = SampleSessions.of(6, 3_000);

    @TempDir
    Path directory;

    private EmbeddedBroker broker;
    private KafkaEndpoint kafka;

    @BeforeEach
    void startBroker() throws Exception {
        broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        kafka = KafkaEndpoint.at(broker.bootstrap());
        StreamTopics.embedded().create(kafka);
    }

    @AfterEach
    void stopBroker() {
        broker.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void saysWhatTheOfflineCheckSays(int parallelism) throws Exception {
        try (EmbeddedFlink flink = start(job().withParallelism(parallelism))) {
            flink.awaitRunning();
            emit(SESSIONS, 0, 1);
            awaitChecked(kafka, SESSIONS.keySet());
        }

        assertThat(committed(kafka)).isEqualTo(expected(SESSIONS));
    }

    @Test
    void goesOnWhereItStopped() throws Exception {
        emit(SESSIONS, 0, 0.4);
        start(job()).close();
        emit(SESSIONS, 0.4, 0.7);
        try (EmbeddedFlink flink = start(job())) {
            flink.awaitRunning();
            emit(SESSIONS, 0.7, 1);
            awaitChecked(kafka, SESSIONS.keySet());
        }

        assertThat(committed(kafka)).isEqualTo(expected(SESSIONS));
    }

    @Test
    void neitherLosesNorRepeatsWhenItsTaskManagerDies() throws Exception {
        try (EmbeddedFlink flink = start(job())) {
            flink.awaitRunning();
            for (int part = 0; part < 4; part++) {
                emit(SESSIONS, part / 4.0, (part + 1) / 4.0);
                flink.cluster().terminateTaskManager(part).get();
                flink.cluster().startTaskManager();
            }
            awaitChecked(kafka, SESSIONS.keySet());
        }

        assertThat(committed(kafka)).isEqualTo(expected(SESSIONS));
    }

    @Test
    void isNotStoppedByWhatIsNoEvent() throws Exception {
        UUID damaged = SESSIONS.firstKey();
        List<Event> whole = requireNonNull(SESSIONS.get(damaged));
        List<Event> rest = new ArrayList<>(whole);
        Event lost = rest.remove(1_500);
        Map<UUID, List<Event>> others = new TreeMap<>(SESSIONS);
        others.remove(damaged);

        try (EmbeddedFlink flink = start(job());
                EventEmitter emitter = EventEmitter.open(kafka)) {
            flink.awaitRunning();
            emitter.emitWire(damaged, "no event".getBytes(StandardCharsets.UTF_8));
            emitter.emitWire(damaged, new byte[0]);
            for (Event event : whole) {
                byte[] wire = new EventCodec().encode(event);
                emitter.emitWire(damaged, event.seq() == lost.seq() ? Arrays.copyOf(wire, wire.length - 1) : wire);
            }
            emit(others, 0, 1);
            awaitChecked(kafka, SESSIONS.keySet());
        }

        others.put(damaged, rest);
        assertThat(committed(kafka)).isEqualTo(expected(others));
    }

    @Test
    void ignoresWhatComesTwice() throws Exception {
        try (EmbeddedFlink flink = start(job())) {
            flink.awaitRunning();
            emit(SESSIONS, 0, 0.5);
            emit(SESSIONS, 0.4, 1);
            emit(SESSIONS, 0.99, 1);
            awaitChecked(kafka, SESSIONS.keySet());
        }

        assertThat(committed(kafka)).isEqualTo(expected(SESSIONS));
    }

    @Test
    void sharesItsDirectoryWithNobody() throws Exception {
        try (EmbeddedFlink flink = start(job())) {
            assertThatThrownBy(() -> start(job()))
                    .isInstanceOf(FlinkStartException.class)
                    .hasMessageContaining("in use by this process itself");
            flink.awaitRunning();
        }
    }

    private RulesJobOptions job() {
        return RulesJobOptions.on(kafka).withCheckpointInterval(Duration.ofMillis(200));
    }

    private EmbeddedFlink start(RulesJobOptions job) throws FlinkStartException {
        return EmbeddedFlink.start(directory.resolve("flink"), job);
    }

    /** Sends a part of every session, the sessions side by side. */
    private void emit(Map<UUID, List<Event>> sessions, double from, double to) {
        try (EventEmitter emitter = EventEmitter.open(kafka)) {
            int longest = sessions.values().stream().mapToInt(List::size).max().orElse(0);
            for (int i = 0; i < longest; i++) {
                int position = i;
                sessions.forEach((session, events) -> {
                    if (position >= from * events.size() && position < to * events.size()) {
                        emitter.emit(session, events.get(position));
                    }
                });
            }
        }
    }
}
