package dev.fenceline.stack;

import dev.fenceline.analytics.flink.RulesJobOptions;
import dev.fenceline.analytics.rules.Interleaving;
import dev.fenceline.analytics.rules.RuleTraces;
import dev.fenceline.analytics.rules.RuleTraces.RuleTrace;
import dev.fenceline.event.Event;
import dev.fenceline.event.SessionEnd;
import dev.fenceline.event.Source;
import dev.fenceline.recorder.kafka.EventEmitter;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.recorder.kafka.StreamTopics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The trace files of the rules as sessions of the Flink job, alone and mixed with strangers: same verdicts, same witnesses. */
class RuleTracesOnFlinkTest {
    @TempDir
    private Path directory;

    @Test
    void theJobSaysOfEveryTraceWhatTheOfflineCheckSays() throws Exception {
        compare(0, 2);
    }

    /** Forty seeds, two at a time: the verdicts of all of them at once do not fit into the heap of a test. */
    @Tag("long")
    @ParameterizedTest
    @ValueSource(ints = {2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38})
    void theJobSaysSoWhateverTheOrderInWhichStrangersComeBetween(int seed) throws Exception {
        compare(seed, seed + 2);
    }

    private void compare(int fromSeed, int toSeed) throws Exception {
        NavigableMap<UUID, List<Event>> sessions = sessions(fromSeed, toSeed);
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0)) {
            KafkaEndpoint kafka = KafkaEndpoint.at(broker.bootstrap());
            StreamTopics.embedded().create(kafka);
            try (EmbeddedFlink flink = EmbeddedFlink.start(directory.resolve("flink"), RulesJobOptions.on(kafka));
                    EventEmitter emitter = EventEmitter.open(kafka)) {
                flink.awaitRunning();
                sessions.forEach((session, events) -> events.forEach(event -> emitter.emit(session, event)));
                emitter.flush();
                DerivedRecords.awaitChecked(kafka, sessions.keySet());
            }
            DerivedRecords.assertSame(DerivedRecords.committed(kafka), DerivedRecords.expected(sessions));
        }
    }

    private static NavigableMap<UUID, List<Event>> sessions(int fromSeed, int toSeed) throws IOException {
        NavigableMap<UUID, List<Event>> sessions = new TreeMap<>();
        for (RuleTrace trace : RuleTraces.all()) {
            sessions.put(named(trace.toString()), ended(trace.trace().events()));
            for (RuleTrace stranger : Interleaving.strangersOf(trace)) {
                for (int seed = fromSeed; seed < toSeed; seed++) {
                    Interleaving mixed = Interleaving.of(trace, stranger, seed);
                    sessions.put(named(mixed.toString()), ended(mixed.events()));
                }
            }
        }
        return sessions;
    }

    private static UUID named(String story) {
        return UUID.nameUUIDFromBytes(story.getBytes(StandardCharsets.UTF_8));
    }

    /** The job gives its verdicts when a session ends. */
    private static List<Event> ended(List<Event> events) {
        Event last = events.get(events.size() - 1);
        List<Event> ended = new ArrayList<>(events);
        if (!(last instanceof SessionEnd)) {
            ended.add(SessionEnd.builder().build(last.seq() + 1, last.ts(), 0, 0, 0, Source.SIMULATOR));
        }
        return ended;
    }
}
