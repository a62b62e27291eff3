package dev.fenceline.stack;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.analytics.flink.RulesJobOptions;
import dev.fenceline.event.Event;
import dev.fenceline.recorder.kafka.EventEmitter;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.recorder.kafka.StreamTopics;
import dev.fenceline.simulator.Fault;
import dev.fenceline.simulator.Faults;
import dev.fenceline.simulator.Limits;
import dev.fenceline.simulator.Scenario;
import dev.fenceline.simulator.Scenarios;
import dev.fenceline.simulator.Simulation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One rule, two drivers: whatever the scenario and the seed, the job on Flink says what the offline check says. */
class StreamingEqualsOfflineTest {
    private static final int SEEDS = 20;

    /** Enough for every fault to strike; all events of every session are checked in the long profile's crash tests. */
    private static final Limits LENGTH = Limits.events(12_000);

    /** Scenarios in which so much happens that the usual length ends before anything goes wrong: some of their sessions are longer. */
    private static final Set<String> BUSY = Set.of(
            "debugged-under-eviction",
            "memory-read-through-unbind",
            "peer-to-peer",
            "peer-to-peer-back",
            "pinned-userptr",
            "sparse-and-split",
            "two-memory-debuggers",
            "user-queues");

    private static final Limits LENGTH_IF_BUSY = Limits.events(60_000);
    private static final int LONG_SESSIONS = 3;

    /** All sessions of all scenarios together would not fit into the heap of a test. */
    private static final int AT_A_TIME = 10;

    @TempDir
    private Path directory;

    @Test
    void forEveryScenarioAndTwentySeedsWithItsFaultsAndWithout() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0)) {
            KafkaEndpoint kafka = KafkaEndpoint.at(broker.bootstrap());
            StreamTopics.embedded().create(kafka);
            try (EmbeddedFlink flink = EmbeddedFlink.start(directory.resolve("flink"), RulesJobOptions.on(kafka));
                    EventEmitter emitter = EventEmitter.open(kafka)) {
                flink.awaitRunning();
                List<Scenario> scenarios = List.copyOf(Scenarios.all());
                for (int from = 0; from < scenarios.size(); from += AT_A_TIME) {
                    int to = Math.min(from + AT_A_TIME, scenarios.size());
                    compare(scenarios.subList(from, to), kafka, emitter);
                }
            }
        }
    }

    private static void compare(List<Scenario> scenarios, KafkaEndpoint kafka, EventEmitter emitter) throws Exception {
        NavigableMap<UUID, List<Event>> clean = new TreeMap<>();
        NavigableMap<UUID, List<Event>> faulty = new TreeMap<>();
        Map<String, Set<UUID>> faultyByScenario = new TreeMap<>();
        for (Scenario scenario : scenarios) {
            List<Fault> faults = Faults.all().stream()
                    .filter(fault -> fault.scenarios().contains(scenario.name()))
                    .toList();
            for (int seed = 1; seed <= SEEDS; seed++) {
                record(scenario, seed, List.of(), scenario.expectedVerdicts().isEmpty() ? clean : faulty);
                if (!faults.isEmpty()) {
                    faultyByScenario
                            .computeIfAbsent(scenario.name(), name -> new TreeSet<>())
                            .add(record(scenario, seed, faults, faulty));
                }
            }
        }
        NavigableMap<UUID, List<Event>> all = new TreeMap<>(clean);
        all.putAll(faulty);
        all.forEach((session, events) -> events.forEach(event -> emitter.emit(session, event)));
        emitter.flush();
        DerivedRecords.awaitChecked(kafka, all.keySet());

        var found = DerivedRecords.committed(kafka);
        found.keySet().retainAll(all.keySet());
        DerivedRecords.assertSame(found, DerivedRecords.expected(all));
        assertThat(clean.keySet())
                .allSatisfy(session ->
                        assertThat(found.get(session)).noneMatch(derived -> derived.contains("\"event\":\"alert\"")));
        // Not in each: what it takes to go wrong comes once in a while, in some scenarios later than these sessions
        // end.
        assertThat(faultyByScenario)
                .allSatisfy((scenario, sessions) -> assertThat(sessions)
                        .as(scenario)
                        .anySatisfy(session -> assertThat(found.get(session))
                                .anyMatch(derived -> derived.contains("\"event\":\"alert\""))));
    }

    private static UUID record(
            Scenario scenario, long seed, List<Fault> faults, NavigableMap<UUID, List<Event>> sessions) {
        List<Event> events = new ArrayList<>();
        boolean isLong = BUSY.contains(scenario.name()) && seed <= LONG_SESSIONS;
        Simulation simulation = Simulation.of(scenario, seed, faults, isLong ? LENGTH_IF_BUSY : LENGTH);
        simulation.run(events::add);
        sessions.put(simulation.session(), events);
        return simulation.session();
    }
}
