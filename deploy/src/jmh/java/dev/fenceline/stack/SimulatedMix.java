package dev.fenceline.stack;

import dev.fenceline.event.Event;
import dev.fenceline.simulator.Limits;
import dev.fenceline.simulator.Scenario;
import dev.fenceline.simulator.Scenarios;
import dev.fenceline.simulator.Simulation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** What a recorder meets: the sessions of every scenario, in runs of some hundred events as a consumer of partitions gets them. */
final class SimulatedMix {
    /** An event of a session. */
    @SuppressWarnings("ArrayRecordComponent") // handed around, never compared
    record Entry(UUID session, byte[] key, Event event) {}

    private static final int RUN = 500;

    private SimulatedMix() {}

    static List<Entry> events(int count) {
        List<List<Entry>> sessions = new ArrayList<>();
        int each = count / Scenarios.all().size() + 1;
        for (Scenario scenario : Scenarios.all()) {
            Simulation simulation = Simulation.of(scenario, 1, List.of(), Limits.events(each));
            UUID session = simulation.session();
            byte[] key = session.toString().getBytes(StandardCharsets.US_ASCII);
            List<Entry> entries = new ArrayList<>(each);
            simulation.run(event -> entries.add(new Entry(session, key, event)));
            sessions.add(entries);
        }
        List<Entry> mix = new ArrayList<>(count);
        for (int start = 0; start < each; start += RUN) {
            for (List<Entry> session : sessions) {
                mix.addAll(session.subList(Math.min(start, session.size()), Math.min(start + RUN, session.size())));
            }
        }
        if (mix.size() < count) {
            throw new IllegalStateException("the scenarios gave only " + mix.size() + " of " + count + " events");
        }
        return List.copyOf(mix.subList(0, count));
    }
}
