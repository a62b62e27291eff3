package dev.fenceline.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.event.BoMove;
import dev.fenceline.event.DmaFenceInit;
import dev.fenceline.event.DmaFenceSignaled;
import dev.fenceline.event.Event;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.Limits;
import dev.fenceline.simulator.Scenario;
import dev.fenceline.simulator.Scenarios;
import dev.fenceline.simulator.Simulation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code first-tour.ipynb}, executed on a simulated session: it counts what was simulated. */
class SimulatedTourTest {
    private static final Scenario SCENARIO = Scenarios.COMPOSITOR;

    @TempDir
    private Path directory;

    @Test
    void countsWhatWasSimulated() throws IOException, InterruptedException {
        Jupyter.assumeInstalled(directory);
        List<Event> events = new ArrayList<>();
        Simulation.of(SCENARIO, 1, List.of(), Limits.none()).run(events::add);
        Path file = directory.resolve("simulated.duckdb");
        RecordedStore.make(file, events);
        Path result = directory.resolve("result.ipynb");
        Jupyter.Outcome outcome = new Jupyter(directory)
                .execute(Path.of("first-tour.ipynb"), result, Map.of("FENCELINE_STORE", file.toString()));
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        Notebook tour = Notebook.read(result);

        assertThat(tour.table("sessions"))
                .hasSize(2)
                .last()
                .asString()
                .startsWith("1|" + SCENARIO.name() + "|1|")
                .contains("|COMPLETE|" + events.size() + "|0|");
        assertThat(total(tour.table("moves"), "moves"))
                .isEqualTo(count(events, BoMove.class))
                .isPositive();
        assertThat(tour.printed("chart")).startsWith(mib(events));
        assertThat(total(tour.table("fences"), "fences"))
                .isEqualTo(count(events, DmaFenceInit.class))
                .isPositive();
        assertThat(total(tour.table("fences"), "pending")).isEqualTo(pending(events));
        assertThat(tour.picture("chart").getWidth()).isEqualTo(800);
    }

    private static long count(List<Event> events, Class<? extends Event> type) {
        return events.stream().filter(type::isInstance).count();
    }

    private static long pending(List<Event> events) {
        Set<Long> pending = new HashSet<>();
        for (Event event : events) {
            if (event instanceof DmaFenceInit init) {
                pending.add(init.fence());
            } else if (event instanceof DmaFenceSignaled signaled) {
                pending.remove(signaled.fence());
            }
        }
        return pending.size();
    }

    private static String mib(List<Event> events) {
        long bytes = events.stream()
                .filter(BoMove.class::isInstance)
                .map(BoMove.class::cast)
                .filter(move -> move.to() == Placement.VRAM && move.from() != Placement.VRAM)
                .mapToLong(BoMove::size)
                .sum();
        return bytes / (1 << 20) + ".000 MiB into VRAM";
    }

    /** The sum of a column of a table. */
    private static long total(List<String> table, String column) {
        int index = List.of(table.get(0).split("\\|", -1)).indexOf(column);
        return table.stream()
                .skip(1)
                .mapToLong(row -> Long.parseLong(row.split("\\|", -1)[index]))
                .sum();
    }
}
