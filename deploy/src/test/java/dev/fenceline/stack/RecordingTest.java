package dev.fenceline.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fenceline.event.Event;
import dev.fenceline.recorder.Recorder;
import dev.fenceline.recorder.RecorderOptions;
import dev.fenceline.recorder.kafka.EventEmitter;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.recorder.kafka.KafkaStreamException;
import dev.fenceline.recorder.kafka.StreamTopics;
import dev.fenceline.recorder.replay.Replay;
import dev.fenceline.recorder.replay.ReplayPace;
import dev.fenceline.recorder.replay.ReplayReport;
import dev.fenceline.recorder.store.SessionReader;
import dev.fenceline.recorder.store.SessionRecord;
import dev.fenceline.recorder.store.SessionStatus;
import dev.fenceline.recorder.store.Store;
import dev.fenceline.recorder.store.StoreException;
import dev.fenceline.recorder.store.StoreOptions;
import dev.fenceline.testing.SampleSessions;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events go through a real broker into a real store and come back as they were, whatever happens on the way. */
class RecordingTest {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @TempDir
    private static Path shared;

    @TempDir
    private Path directory;

    private Path file;
    private EmbeddedBroker broker;
    private KafkaEndpoint endpoint;

    @BeforeAll
    static void createTables() {
        Store.open(shared.resolve("empty.duckdb"), StoreOptions.defaults()).close();
    }

    @BeforeEach
    void start() throws Exception {
        file = Files.copy(shared.resolve("empty.duckdb"), directory.resolve("fenceline.duckdb"));
        broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        endpoint = KafkaEndpoint.at(broker.bootstrap());
        StreamTopics.embedded().create(endpoint);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    /** A recorder in a thread of this JVM. */
    private final class Recording implements AutoCloseable {
        private final Store store = Store.open(file, StoreOptions.defaults());
        private final Recorder recorder = Recorder.open(endpoint, store, RecorderOptions.defaults(), progress -> {});
        private final CompletableFuture<Void> run = CompletableFuture.runAsync(recorder::run, task -> {
            Thread thread = new Thread(task, "recorder");
            thread.start();
        });

        void await(UUID session, long seq) throws InterruptedException {
            assertThat(recorder.awaitLanded(session, seq, PATIENCE))
                    .as("%s through %d, at %s", session, seq, recorder.progress())
                    .isTrue();
        }

        SessionRecord session(UUID uuid) {
            return Objects.requireNonNull(store.session(uuid));
        }

        List<Event> events(UUID uuid) {
            List<Event> events = new ArrayList<>();
            try (SessionReader reader = store.read(session(uuid))) {
                for (Event event = reader.next(); event != null; event = reader.next()) {
                    events.add(event);
                }
            }
            return events;
        }

        @Override
        public void close() throws Exception {
            recorder.stop();
            run.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            recorder.close();
            store.close();
        }
    }

    @Test
    void everySessionComesBackAsItWasEmitted() throws Exception {
        List<UUID> sessions = List.of(new UUID(1, 1), new UUID(1, 2), new UUID(1, 3));
        try (Recording recording = new Recording()) {
            for (UUID session : sessions) {
                emit(session, SampleSessions.whole(session, session.getLeastSignificantBits(), 2));
            }
            for (UUID session : sessions) {
                List<Event> events = SampleSessions.whole(session, session.getLeastSignificantBits(), 2);
                recording.await(session, events.size());
                assertThat(recording.events(session)).containsExactlyElementsOf(events);
                assertThat(recording.session(session).status()).isEqualTo(SessionStatus.COMPLETE);
                assertThat(recording.session(session).digestOk()).isTrue();
            }
        }
    }

    @Test
    void aRecorderThatIsStartedAgainGoesOnWhereItWas() throws Exception {
        UUID session = new UUID(2, 2);
        List<Event> events = SampleSessions.whole(session, 2, 2);
        try (EventEmitter emitter = EventEmitter.open(endpoint)) {
            int emitted = 0;
            for (int part = 1; part <= 4; part++) {
                for (int end = events.size() * part / 4; emitted < end; emitted++) {
                    emitter.emit(session, events.get(emitted));
                }
                emitter.flush();
                try (Recording recording = new Recording()) {
                    recording.await(session, emitted);
                    assertThat(recording.events(session)).containsExactlyElementsOf(events.subList(0, emitted));
                }
            }
        }
        try (Recording recording = new Recording()) {
            assertThat(recording.session(session).status()).isEqualTo(SessionStatus.COMPLETE);
        }
    }

    @Test
    void aBrokerThatGoesAwayAndComesBackCostsNothing() throws Exception {
        landAllThough(Duration.ZERO);
    }

    @Test
    @Tag("long")
    void aBrokerThatIsAwayForAMinuteCostsNothing() throws Exception {
        landAllThough(Duration.ofMinutes(1));
    }

    private void landAllThough(Duration away) throws Exception {
        UUID session = new UUID(3, 3);
        List<Event> events = SampleSessions.whole(session, 3, 20);
        int half = events.size() / 2;
        try (Recording recording = new Recording();
                EventEmitter emitter = EventEmitter.open(endpoint)) {
            for (Event event : events.subList(0, half)) {
                emitter.emit(session, event);
            }
            broker.close();
            // Emitting may block until the broker is back, so it cannot be the one who brings it back.
            CompletableFuture<Void> rest = CompletableFuture.runAsync(() -> {
                for (Event event : events.subList(half, events.size())) {
                    emitter.emit(session, event);
                }
                emitter.flush();
            });
            Awaitility.await().pollDelay(away).timeout(away.plus(PATIENCE)).until(() -> true);
            broker = EmbeddedBroker.start(directory.resolve("kafka"), broker.port());
            rest.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

            assertThat(emitter.report().acknowledged()).isEqualTo(events.size());
            recording.await(session, events.size());
            assertThat(recording.events(session)).containsExactlyElementsOf(events);
            assertThat(recording.session(session).status()).isEqualTo(SessionStatus.COMPLETE);
            assertThat(recording.session(session).duplicates()).isZero();
        }
    }

    @Test
    void badRecordsBecomeDeadLettersInTopicAndTable() throws Exception {
        UUID session = new UUID(4, 4);
        List<Event> events = SampleSessions.whole(session, 4, 1);
        EventCodec codec = new EventCodec();
        byte[] cut = Arrays.copyOf(codec.encode(events.get(5)), 15);
        byte[] unknown = codec.encode(events.get(5));
        unknown[3] ^= 0x11;
        try (Recording recording = new Recording()) {
            try (EventEmitter emitter = EventEmitter.open(endpoint)) {
                for (Event event : events) {
                    if (event.seq() == 100) {
                        emitter.emitWire(session, cut);
                        emitter.emitWire(session, unknown);
                        emitter.emitWire(session, new byte[] {1, 2, 3});
                    }
                    emitter.emit(session, event);
                }
            }
            recording.await(session, events.size());

            assertThat(recording.events(session)).containsExactlyElementsOf(events);
            assertThat(recording.session(session).status()).isEqualTo(SessionStatus.COMPLETE);
            assertThat(recording.recorder.progress().deadLetters()).isEqualTo(3);
            assertThat(recording.recorder.progress().unknownSchemas()).isEqualTo(1);
            assertThat(recording
                            .store
                            .query("SELECT reason FROM dead_letter ORDER BY \"offset\"", 10)
                            .rows())
                    .containsExactly(List.of("CORRUPT"), List.of("UNKNOWN_SCHEMA"), List.of("TOO_SHORT"));
        }
        List<ConsumerRecord<byte[], byte[]>> letters = deadLetters(3);
        assertThat(letters).extracting(ConsumerRecord::value).containsExactly(cut, unknown, new byte[] {1, 2, 3});
        assertThat(header(letters.get(0), "fenceline.reason")).isEqualTo("CORRUPT");
        assertThat(header(letters.get(0), "fenceline.topic")).isEqualTo(Topics.EVENTS);
        assertThat(header(letters.get(0), "fenceline.offset")).isEqualTo("99");
    }

    @Test
    void aReplayIsANewSessionWithTheSameContent() throws Exception {
        UUID session = new UUID(5, 5);
        UUID again = new UUID(5, 6);
        List<Event> events = SampleSessions.whole(session, 5, 3);
        emit(session, events);
        try (Recording recording = new Recording()) {
            recording.await(session, events.size());
            SessionRecord recorded = recording.session(session);
            ReplayReport report;
            try (EventEmitter emitter = EventEmitter.open(endpoint)) {
                report = new Replay(
                                recorded,
                                sink -> {
                                    try (SessionReader reader = recording.store.read(recorded)) {
                                        for (Event event = reader.next(); event != null; event = reader.next()) {
                                            sink.accept(event);
                                        }
                                    }
                                },
                                again,
                                ReplayPace.AS_FAST_AS_POSSIBLE)
                        .run(emitter, seq -> {});
            }
            assertThat(report.digestEqual()).isTrue();
            assertThat(report.events()).isEqualTo(events.size());

            recording.await(again, events.size());
            SessionRecord replayed = recording.session(again);
            assertThat(replayed.status()).isEqualTo(SessionStatus.COMPLETE);
            assertThat(replayed.replayOf()).isEqualTo(session);
            assertThat(replayed.contentDigest()).isEqualTo(recorded.contentDigest());
            assertThat(replayed.digest()).isNotEqualTo(recorded.digest());
            int last = events.size() - 1;
            assertThat(recording.events(again).subList(1, last)).containsExactlyElementsOf(events.subList(1, last));
        }
    }

    @Test
    void aRecorderThatIsKilledAgainAndAgainLandsEverythingOnce() throws Exception {
        UUID session = new UUID(6, 6);
        List<Event> events = SampleSessions.whole(session, 6, 120);
        SplittableRandom chance = new SplittableRandom(6);
        int kills = 6;
        try (EventEmitter emitter = EventEmitter.open(endpoint)) {
            int emitted = 0;
            for (int kill = 1; kill <= kills; kill++) {
                // Each time enough for three transactions at least, so that there are three to wait for.
                for (int end = events.size() * kill / kills; emitted < end; emitted++) {
                    emitter.emit(session, events.get(emitted));
                }
                emitter.flush();
                try (JavaProcess process =
                        JavaProcess.start(RecorderProcess.class, broker.bootstrap(), file.toString())) {
                    process.await("RECORDING");
                    for (int transactions = chance.nextInt(3); transactions > 0; transactions--) {
                        process.await("LANDED");
                    }
                    process.kill();
                }
            }
        }
        try (Recording recording = new Recording()) {
            recording.await(session, events.size());
            assertThat(recording.events(session)).containsExactlyElementsOf(events);
            assertThat(recording.session(session).status()).isEqualTo(SessionStatus.COMPLETE);
            assertThat(recording.session(session).duplicates()).isZero();
        }
    }

    @Test
    void aRecorderWhoseStoreFailedIsReplacedByAnother() throws Exception {
        UUID session = new UUID(7, 7);
        List<Event> events = SampleSessions.whole(session, 7, 1);
        Store closed = Store.open(file, StoreOptions.defaults());
        try (Recorder recorder = Recorder.open(endpoint, closed, RecorderOptions.defaults(), progress -> {})) {
            closed.close();
            emit(session, events);
            assertThatThrownBy(recorder::run).isInstanceOf(StoreException.class);
            assertThatThrownBy(recorder::run)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("open another one");
        }
        try (Recording recording = new Recording()) {
            recording.await(session, events.size());
            assertThat(recording.events(session)).containsExactlyElementsOf(events);
        }
    }

    @Test
    void nothingLandsAnyMoreWhenTheRecorderHasReturned() throws Exception {
        UUID session = new UUID(8, 8);
        CompletableFuture<Thread> runner = new CompletableFuture<>();
        CompletableFuture<Boolean> waitedFor = new CompletableFuture<>();
        try (Store store = Store.open(file, StoreOptions.defaults());
                Recorder recorder = Recorder.open(endpoint, store, RecorderOptions.defaults(), progress -> {
                    Thread running = runner.join();
                    running.interrupt();
                    waitedFor.complete(stillRuns(running));
                })) {
            Thread thread = new Thread(
                    () -> assertThatThrownBy(recorder::run).isInstanceOf(KafkaStreamException.class), "recorder");
            runner.complete(thread);
            thread.start();
            emit(session, SampleSessions.whole(session, 8, 1));
            assertThat(waitedFor.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            thread.join(PATIENCE.toMillis());
            assertThat(thread.isAlive()).isFalse();
        }
    }

    @Test
    void aTopicThatIsCreatedAnewWhileRecordingIsReadFromItsBeginning() throws Exception {
        List<UUID> before = IntStream.rangeClosed(1, 16)
                .mapToObj(number -> new UUID(9, number))
                .toList();
        UUID after = new UUID(10, 1);
        List<Event> events = SampleSessions.whole(after, 10, 1);
        try (Recording recording = new Recording()) {
            for (UUID session : before) {
                emit(session, SampleSessions.whole(session, 9, 1));
            }
            for (UUID session : before) {
                recording.await(session, events.size());
            }
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()))) {
                admin.deleteTopics(List.of(Topics.EVENTS)).all().get();
                Awaitility.await()
                        .atMost(PATIENCE)
                        .until(() -> !admin.listTopics().names().get().contains(Topics.EVENTS));
            }
            StreamTopics.embedded().create(endpoint);
            emit(after, events);

            recording.await(after, events.size());
            assertThat(recording.session(after).status()).isEqualTo(SessionStatus.COMPLETE);
            assertThat(recording.events(after)).containsExactlyElementsOf(events);
        }
    }

    /** Gives a thread that does not wait for its transaction the time to end. */
    private static boolean stillRuns(Thread thread) {
        try {
            thread.join(500);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return thread.isAlive();
    }

    private void emit(UUID session, List<Event> events) {
        try (EventEmitter emitter = EventEmitter.open(endpoint)) {
            for (Event event : events) {
                emitter.emit(session, event);
            }
        }
    }

    private List<ConsumerRecord<byte[], byte[]>> deadLetters(int count) throws IOException {
        List<ConsumerRecord<byte[], byte[]>> letters = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrap()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = List.of(new TopicPartition(Topics.DEAD_LETTERS, 0));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (letters.size() < count) {
                consumer.poll(Duration.ofSeconds(1)).forEach(letters::add);
            }
        }
        return letters;
    }

    private static String header(ConsumerRecord<?, ?> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
