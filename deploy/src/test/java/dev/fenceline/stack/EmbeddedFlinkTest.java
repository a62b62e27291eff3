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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The rules job on a real Flink cluster between real Kafka topics. The tests share these and the job's directory, so each of them
 * also starts from what the one before left, with sessions of its own.
 */
class EmbeddedFlinkTest {
    private static final int SESSIONS = 6;
    private static final int LENGTH = 9_000;

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;
    private static KafkaEndpoint kafka;
    private static int series;

    private final NavigableMap<UUID, List<Event>> sessions = SampleSessions.of(++series, SESSIONS, LENGTH);

    @BeforeAll
    static void startBroker() throws Exception {
        broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        kafka = KafkaEndpoint.at(broker.bootstrap());
        StreamTopics.embedded().create(kafka);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void saysWhatTheOfflineCheckSays(int parallelism) throws Exception {
        try (EmbeddedFlink flink = start(job().withParallelism(parallelism))) {
            flink.awaitRunning();
            emit(sessions, 0, 1);
            awaitChecked(kafka, sessions.keySet());
        }

        assertThat(said()).isEqualTo(expected(sessions));
        assertThat(said().values().stream().flatMap(List::stream).filter(line -> line.contains("\"alert\"")))
                .as("alerts, without which the comparison says little")
                .hasSizeGreaterThan(SESSIONS);
    }

    @Test
    void goesOnWhereItStopped() throws Exception {
        emit(sessions, 0, 0.4);
        try (EmbeddedFlink flink = start(job())) {
            flink.awaitRunning();
        }
        emit(sessions, 0.4, 0.7);
        try (EmbeddedFlink flink = start(job().withParallelism(2))) {
            flink.awaitRunning();
            emit(sessions, 0.7, 1);
            awaitChecked(kafka, sessions.keySet());
        }

        assertThat(said()).isEqualTo(expected(sessions));
    }

    @Test
    void neitherLosesNorRepeatsWhenItsTaskManagersDie() throws Exception {
        try (EmbeddedFlink flink = start(job())) {
            flink.awaitRunning();
            for (int part = 0; part < 4; part++) {
                emit(sessions, part / 4.0, (part + 1) / 4.0);
                flink.cluster().terminateTaskManager(part).get();
                flink.cluster().startTaskManager();
            }
            awaitChecked(kafka, sessions.keySet());
        }

        assertThat(said()).isEqualTo(expected(sessions));
    }

    @Test
    void waitsForABrokerThatGoesAway() throws Exception {
        try (EmbeddedFlink flink = start(job())) {
            flink.awaitRunning();
            emit(sessions, 0, 0.5);
            broker.close();
            broker = EmbeddedBroker.start(directory.resolve("kafka"), broker.port());
            emit(sessions, 0.5, 1);
            awaitChecked(kafka, sessions.keySet());
        }

        assertThat(said()).isEqualTo(expected(sessions));
    }

    @Test
    void isNotStoppedByWhatIsNoEvent() throws Exception {
        UUID damaged = sessions.firstKey();
        List<Event> whole = requireNonNull(sessions.get(damaged));
        List<Event> rest = new ArrayList<>(whole);
        Event lost = rest.remove(LENGTH / 2);
        Map<UUID, List<Event>> others = new TreeMap<>(sessions);
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
            awaitChecked(kafka, sessions.keySet());
        }

        others.put(damaged, rest);
        assertThat(said()).isEqualTo(expected(others));
    }

    @Test
    void ignoresWhatComesTwice() throws Exception {
        try (EmbeddedFlink flink = start(job())) {
            flink.awaitRunning();
            emit(sessions, 0, 0.5);
            emit(sessions, 0.4, 1);
            emit(sessions, 0.99, 1);
            awaitChecked(kafka, sessions.keySet());
        }

        assertThat(said()).isEqualTo(expected(sessions));
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

    private static RulesJobOptions job() {
        return RulesJobOptions.on(kafka).withCheckpointInterval(Duration.ofMillis(200));
    }

    private static EmbeddedFlink start(RulesJobOptions job) throws FlinkStartException {
        return EmbeddedFlink.start(directory.resolve("flink"), job);
    }

    /** What the job said of this test's sessions. */
    private Map<UUID, List<String>> said() {
        Map<UUID, List<String>> said = new TreeMap<>(committed(kafka));
        said.keySet().retainAll(sessions.keySet());
        return said;
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
