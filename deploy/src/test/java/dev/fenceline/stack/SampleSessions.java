package dev.fenceline.stack;

import dev.fenceline.event.Event;
import dev.fenceline.simulator.Fault;
import dev.fenceline.simulator.Faults;
import dev.fenceline.simulator.Limits;
import dev.fenceline.simulator.Scenario;
import dev.fenceline.simulator.Scenarios;
import dev.fenceline.simulator.Simulation;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;

/** Simulated sessions to send through the stack: the same ones every time. */
public final class SampleSessions {
    private SampleSessions() {}

    /**
     * {@code count} sessions of {@code length} events each, in turn of the scenarios that have faults; in each everything goes
     * wrong that can in its scenario. Below some 9,000 events little has had the time to.
     */
    public static NavigableMap<UUID, List<Event>> of(int count, int length) {
        return of(0, count, length);
    }

    /** As {@link #of(int, int)}, with other seeds for another {@code series}. */
    static NavigableMap<UUID, List<Event>> of(int series, int count, int length) {
        NavigableMap<UUID, List<Event>> sessions = new TreeMap<>();
        List<Scenario> scenarios = Scenarios.all().stream()
                .filter(scenario -> !faultsOf(scenario).isEmpty())
                .toList();
        for (int i = 0; i < count; i++) {
            long seed = (long) series * count + i + 1;
            Scenario scenario = scenarios.get(i % scenarios.size());
            List<Fault> faults = faultsOf(scenario);
            List<Event> events = new ArrayList<>();
            Simulation simulation = Simulation.of(scenario, seed, faults, Limits.events(length));
            simulation.run(events::add);
            sessions.put(simulation.session(), events);
        }
        return sessions;
    }

    private static List<Fault> faultsOf(Scenario scenario) {
        return Faults.all().stream()
                .filter(fault -> fault.scenarios().contains(scenario.name()))
                .toList();
    }
}
