package dev.fenceline.recorder.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fenceline.event.Alert;
import dev.fenceline.event.BoMove;
import dev.fenceline.event.ClockTick;
import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.Outcome;
import dev.fenceline.event.Placement;
import dev.fenceline.event.SessionChecked;
import dev.fenceline.event.Severity;
import dev.fenceline.event.Source;
import dev.fenceline.event.TraceLost;
import dev.fenceline.event.Verdict;
import dev.fenceline.recorder.kafka.PartitionLog;
import dev.fenceline.testing.SampleSessions;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LandingTest {
    private static final UUID SESSION = new UUID(1, 2);
    private static final PartitionLog ALERTS = new PartitionLog(Topics.ALERTS, "first-life", 0);

    @TempDir
    private static Path shared;

    @TempDir
    private Path directory;

    private Path file = Path.of("");

    /** Creating all tables takes a second, copying a file that has them does not. */
    @BeforeAll
    static void createTables() {
        Store.open(shared.resolve("empty.duckdb"), StoreOptions.defaults()).close();
    }

    @BeforeEach
    void startEmpty() throws IOException {
        file = Files.copy(shared.resolve("empty.duckdb"), directory.resolve("fenceline.duckdb"));
    }

    @Test
    void everyEventOfEveryTypeComesBackAsItWas() {
        List<Event> events = SampleSessions.whole(SESSION, 42, 3);
        try (Store store = open()) {
            Landing landing = store.landing();
            Sessions.accept(landing, SESSION, events, 0, events.size());
            landing.land();

            assertThat(Sessions.read(store, SESSION)).containsExactlyElementsOf(events);
            SessionRecord record = record(store);
            assertThat(record.status()).isEqualTo(SessionStatus.COMPLETE);
            assertThat(record.digestOk()).isTrue();
            assertThat(record.events()).isEqualTo(events.size());
            assertThat(record.scenario()).isEqualTo("every-event");
        }
    }

    @Test
    void aPartOfASessionIsReadWithoutTheRest() {
        List<Event> events = SampleSessions.whole(SESSION, 8, 2);
        try (Store store = open()) {
            Landing landing = store.landing();
            Sessions.accept(landing, SESSION, events, 0, events.size());
            landing.land();

            List<Event> part = new java.util.ArrayList<>();
            try (SessionReader reader = store.read(record(store), 100, 199)) {
                for (Event event = reader.next(); event != null; event = reader.next()) {
                    part.add(event);
                }
            }
            assertThat(part).containsExactlyElementsOf(events.subList(99, 199));
        }
    }

    @Test
    void batchesAndRestartsMakeNoDifference() {
        List<Event> events = SampleSessions.whole(SESSION, 7, 1);
        SplittableRandom chance = new SplittableRandom(7);
        int landed = 0;
        while (landed < events.size()) {
            try (Store store = open()) {
                assertThat(store.nextOffsets().getOrDefault(Sessions.EVENTS_0, 0L))
                        .isEqualTo(landed);
                Landing landing = store.landing();
                for (int batch = 0; batch < 3; batch++) {
                    int to = Math.min(events.size(), landed + 1 + chance.nextInt(60));
                    Sessions.accept(landing, SESSION, events, landed, to);
                    landing.land();
                    landed = to;
                }
                Sessions.accept(landing, SESSION, events, landed, Math.min(events.size(), landed + 5));
            }
        }
        try (Store store = open()) {
            assertThat(Sessions.read(store, SESSION)).containsExactlyElementsOf(events);
            assertThat(record(store).status()).isEqualTo(SessionStatus.COMPLETE);
            assertThat(record(store).digestOk()).isTrue();
        }
    }

    @Test
    void anEventThatArrivesTwiceIsDroppedAndCounted() {
        List<Event> events = SampleSessions.whole(SESSION, 1, 1);
        try (Store store = open()) {
            Landing landing = store.landing();
            Sessions.accept(landing, SESSION, events, 0, 100);
            Sessions.accept(landing, SESSION, events, 50, 60);
            landing.land();
            Sessions.accept(landing, SESSION, events, 90, events.size());
            landing.land();

            assertThat(landing.duplicates()).isEqualTo(20);
            assertThat(record(store).duplicates()).isEqualTo(20);
            assertThat(record(store).status()).isEqualTo(SessionStatus.COMPLETE);
            assertThat(Sessions.read(store, SESSION)).containsExactlyElementsOf(events);
        }
    }

    @Test
    void aHoleIsRecordedAndMakesTheSessionLossy() throws SqlRejectedException {
        List<Event> events = SampleSessions.whole(SESSION, 1, 1);
        try (Store store = open()) {
            Landing landing = store.landing();
            Sessions.accept(landing, SESSION, events, 0, 10);
            Sessions.accept(landing, SESSION, events, 13, events.size());
            landing.land();

            SessionRecord record = record(store);
            assertThat(record.status()).isEqualTo(SessionStatus.LOSSY);
            assertThat(record.reason()).isEqualTo("3 events are missing between seq 10 and 14");
            assertThat(record.lost()).isEqualTo(3);
            assertThat(record.digestOk()).isFalse();
            assertThat(store.query("FROM session_gap", 10).rows()).containsExactly(List.of(1, 10L, 14L, 3L));
            assertThat(Sessions.read(store, SESSION)).hasSize(events.size() - 3);
        }
    }

    @Test
    void aLossThatTheCaptureReportsMakesTheSessionLossyToo() {
        try (Store store = open()) {
            Landing landing = store.landing();
            Sessions.accept(landing, SESSION, 0, tick(1));
            Sessions.accept(landing, SESSION, 1, TraceLost.builder().count(12).build(2, 0, 0, 0, 0, Source.FTRACE));
            landing.land();

            assertThat(record(store).status()).isEqualTo(SessionStatus.LOSSY);
            assertThat(record(store).lost()).isEqualTo(12);
        }
    }

    @Test
    void aSessionWhoseDigestDisagreesIsCorrupt() {
        List<Event> events = SampleSessions.whole(SESSION, 1, 1);
        try (Store store = open()) {
            Landing landing = store.landing();
            events.set(5, tick(6));
            Sessions.accept(landing, SESSION, events, 0, events.size());
            landing.land();

            assertThat(record(store).status()).isEqualTo(SessionStatus.CORRUPT);
            assertThat(record(store).reason()).contains("digest");
        }
    }

    @Test
    void whatCannotBeDecodedBecomesADeadLetterAndNothingElseSuffers() throws SqlRejectedException {
        EventCodec codec = new EventCodec();
        byte[] good = codec.encode(move(1));
        byte[] cut = java.util.Arrays.copyOf(codec.encode(move(2)), 14);
        byte[] unknown = codec.encode(move(2));
        unknown[2] ^= 0x55;
        try (Store store = open()) {
            Landing landing = store.landing();
            Sessions.accept(landing, SESSION, 0, good);
            Sessions.accept(landing, SESSION, 1, cut);
            Sessions.accept(landing, SESSION, 2, unknown);
            Sessions.accept(landing, SESSION, 3, "junk".getBytes(StandardCharsets.UTF_8));
            landing.accept(Sessions.EVENTS_0, 4, null, good, 0, good.length);
            Sessions.accept(landing, SESSION, 5, codec.encode(alert()));
            Sessions.accept(landing, SESSION, 6, codec.encode(move(2)));
            assertThat(landing.deadLetters()).hasSize(5);
            landing.land();

            assertThat(landing.unknownSchemas()).isEqualTo(1);
            assertThat(store.query("SELECT \"offset\", reason FROM dead_letter ORDER BY 1", 10)
                            .rows())
                    .containsExactly(
                            List.of(1L, "CORRUPT"),
                            List.of(2L, "UNKNOWN_SCHEMA"),
                            List.of(3L, "TOO_SHORT"),
                            List.of(4L, "NO_SESSION"),
                            List.of(5L, "MISPLACED"));
            assertThat(Sessions.read(store, SESSION)).containsExactly(move(1), move(2));
            assertThat(record(store).status()).isEqualTo(SessionStatus.OPEN);
            assertThat(store.nextOffsets()).containsEntry(Sessions.EVENTS_0, 7L);
        }
    }

    @Test
    void corruptBytesAreRefusedExactlyWhenTheCodecRefusesThem() {
        SplittableRandom chance = new SplittableRandom(3);
        EventCodec codec = new EventCodec();
        List<Event> events = SampleSessions.whole(SESSION, 3, 2);
        try (Store store = open()) {
            Landing landing = store.landing();
            int readable = 0;
            for (int i = 0; i < 20_000; i++) {
                byte[] wire = codec.encode(events.get(1 + chance.nextInt(events.size() - 2)));
                wire[10 + chance.nextInt(wire.length - 10)] = (byte) chance.nextInt(256);
                // One session for each: the seq may be among what was corrupted.
                UUID session = new UUID(3, i);
                int before = landing.deadLetters().size();
                landing.accept(Sessions.EVENTS_0, i, Sessions.key(session), wire, 0, wire.length);
                boolean refused = landing.deadLetters().size() > before;
                assertThat(refused).as("event %d", i).isEqualTo(refuses(codec, wire));
                readable += refused ? 0 : 1;
            }
            assertThat(readable).isBetween(1_000, 19_000);
        }
    }

    private static boolean refuses(EventCodec codec, byte[] wire) {
        try {
            // A seq that is not positive is no place in a log.
            return codec.decode(wire).seq() <= 0;
        } catch (dev.fenceline.wire.UndecodableException e) {
            return true;
        }
    }

    @Test
    void alertsLandBesideTheirSession() throws SqlRejectedException {
        byte[] wire = new EventCodec().encode(alert());
        try (Store store = open()) {
            Landing landing = store.landing();
            landing.accept(ALERTS, 0, Sessions.key(SESSION), wire, 0, wire.length);
            Sessions.accept(landing, SESSION, 0, tick(1));
            landing.land();

            assertThat(store.query("SELECT session, seq, rule, severity, witness, roles, subject FROM alert", 10)
                            .rows())
                    .containsExactly(List.of(
                            1, 4L, "A-T01", "CRITICAL", List.of(2L, 4L), List.of("pinned, here", "moved"), "bo=5"));
            assertThat(record(store).status()).isEqualTo(SessionStatus.OPEN);
        }
    }

    @Test
    void derivedRecordsThatComeAgainAreOneRowEach() throws SqlRejectedException {
        List<Event> derived = List.of(alert(), alertWithoutSubject(), verdict("A-T01"), verdict("A-T02"), checked());
        try (Store store = open()) {
            Landing landing = store.landing();
            acceptDerived(landing, "first-life", derived);
            acceptDerived(landing, "first-life", derived);
            assertThat(landing.land().rows()).isEqualTo(derived.size());
            acceptDerived(landing, "second-life", derived);
            assertThat(landing.land().rows()).isZero();
            acceptDerived(landing, "third-life", List.of(alert(), verdict("A-T03")));
            assertThat(landing.land().rows()).isEqualTo(1);
            assertThat(store.nextOffsets()).hasSize(3);

            assertThat(store.query("SELECT rule, subject FROM alert ORDER BY ALL", 10)
                            .rows())
                    .containsExactly(List.of("A-T01", "bo=5"), java.util.Arrays.asList("A-T02", null));
            assertThat(store.query("SELECT rule, first_seq FROM verdict ORDER BY ALL", 10)
                            .rows())
                    .containsExactly(List.of("A-T01", 4L), List.of("A-T02", 4L), List.of("A-T03", 4L));
            assertThat(store.query("SELECT seq, events FROM session_checked", 10)
                            .rows())
                    .containsExactly(List.of(9L, 9L));
            assertThat(store.query("SELECT event, sum(events)::INTEGER FROM session_type GROUP BY ALL ORDER BY ALL", 10)
                            .rows())
                    .containsExactly(List.of("alert", 2), List.of("session_checked", 1), List.of("verdict", 3));
        }
    }

    @Test
    void theSameAlertOfAnotherSessionIsAnother() throws SqlRejectedException {
        byte[] wire = new EventCodec().encode(alert());
        try (Store store = open()) {
            Landing landing = store.landing();
            for (int i = 0; i < 3; i++) {
                landing.accept(ALERTS, i, Sessions.key(new UUID(7, i)), wire, 0, wire.length);
            }
            landing.land();

            assertThat(store.query("FROM alert", 10).rows()).hasSize(3);
        }
    }

    private static void acceptDerived(Landing landing, String topicId, List<Event> derived) {
        EventCodec codec = new EventCodec();
        PartitionLog log = new PartitionLog(Topics.ALERTS, topicId, 0);
        for (int i = 0; i < derived.size(); i++) {
            byte[] wire = codec.encode(derived.get(i));
            landing.accept(log, i, Sessions.key(SESSION), wire, 0, wire.length);
        }
    }

    @Test
    void aTopicThatWasCreatedAnewIsReadFromItsBeginning() {
        try (Store store = open()) {
            Landing landing = store.landing();
            Sessions.accept(landing, SESSION, 41, tick(1));
            landing.land();
            PartitionLog secondLife = new PartitionLog(Topics.EVENTS, "second-life", 0);

            assertThat(store.nextOffsets())
                    .containsEntry(Sessions.EVENTS_0, 42L)
                    .doesNotContainKey(secondLife);
        }
    }

    @Test
    void aFailedTransactionLeavesNothingBehindAndCanBeRepeated() {
        List<Event> events = SampleSessions.whole(SESSION, 9, 1);
        Landing landing;
        try (Store store = open()) {
            landing = store.landing();
            Sessions.accept(landing, SESSION, events, 0, events.size());
        }
        assertThatThrownBy(landing::land).isInstanceOf(StoreException.class);
        try (Store reopened = open()) {
            assertThat(reopened.sessions()).isEmpty();
            landing.moveTo(reopened);
            landing.land();
            assertThat(Sessions.read(reopened, SESSION)).containsExactlyElementsOf(events);
        }
    }

    @Test
    void usersCannotReachTheRowsThatAreLanding() {
        try (Store store = open()) {
            assertThatThrownBy(() -> store.query("FROM fenceline_landing(1)", 1))
                    .isInstanceOf(SqlRejectedException.class)
                    .hasMessageContaining("serves the recorder only");
        }
    }

    private Store open() {
        return Store.open(file, StoreOptions.defaults());
    }

    private static SessionRecord record(Store store) {
        return java.util.Objects.requireNonNull(store.session(SESSION));
    }

    private static Event tick(long seq) {
        return ClockTick.builder().build(seq, seq, 0, 0, 0, Source.SIMULATOR);
    }

    private static Event move(long seq) {
        return BoMove.builder().bo(5).to(Placement.VRAM).build(seq, seq, 0, 0, 0, Source.SIMULATOR);
    }

    private static Event alert() {
        return Alert.builder()
                .rule("A-T01")
                .severity(Severity.CRITICAL)
                .witness(2, 4)
                .roles(List.of("pinned, here", "moved"))
                .subject("bo=5")
                .build(4, 40, 0, 0, 0, Source.DERIVED);
    }

    private static Event alertWithoutSubject() {
        return Alert.builder().rule("A-T02").build(4, 40, 0, 0, 0, Source.DERIVED);
    }

    private static Event verdict(String rule) {
        return Verdict.builder()
                .rule(rule)
                .outcome(Outcome.VIOLATED)
                .firstSeq(4)
                .build(9, 90, 0, 0, 0, Source.DERIVED);
    }

    private static Event checked() {
        return SessionChecked.builder().events(9).complete(true).build(9, 90, 0, 0, 0, Source.DERIVED);
    }

    @Test
    void everyTypeHasATable() throws SqlRejectedException {
        try (Store store = open()) {
            assertThat(store.query("SELECT table_name FROM duckdb_tables() WHERE comment IS NOT NULL", 1000)
                            .rows())
                    .contains(List.of(EventType.BO_MOVE.eventName()), List.of(EventType.VERDICT.eventName()))
                    .hasSizeGreaterThan(EventType.values().length);
            assertThat(store.query(
                                    "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL"
                                            + " AND table_name NOT IN ('session', 'session_type', 'kafka_offset', 'dead_letter',"
                                            + " 'session_gap', 'fenceline_store')",
                                    10)
                            .rows())
                    .isEmpty();
        }
    }
}
