package dev.fenceline.analytics.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.event.Event;
import dev.fenceline.simulator.Limits;
import dev.fenceline.simulator.Scenario;
import dev.fenceline.simulator.Scenarios;
import dev.fenceline.simulator.Simulation;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a check has to remember is bounded by what is alive, and by a quarantine of the dead; not by what has happened. */
@Tag("long")
class BoundedStateTest {
    private static final long EVENTS = 5_000_000;
    private static final long EVERY = 1_000_000;
    private static final int FULL = 2;
    private static final double MAY_GROW = 1.1;

    static Stream<String> scenarios() {
        return Scenarios.all().stream().map(Scenario::name);
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void theSnapshotStaysAsLargeAsItIs(String name) {
        SessionCheck check = new SessionCheck(RuleCatalogue.all());
        List<Long> sizes = new ArrayList<>();
        Simulation.of(Objects.requireNonNull(Scenarios.named(name)), 1, List.of(), Limits.events(EVENTS))
                .run((Event event) -> {
                    check.apply(event, derived -> {});
                    if (event.seq() % EVERY == 0) {
                        sizes.add(size(check));
                    }
                });

        // The quarantine of what dies seldom, such as BOs, is full only after some millions of events.
        if (sizes.size() > FULL) {
            double full = sizes.get(FULL);
            assertThat(sizes.subList(FULL, sizes.size()))
                    .allSatisfy(bytes -> assertThat((double) bytes).isLessThan(full * MAY_GROW));
        }
    }

    private static long size(SessionCheck check) {
        DataOutputStream counted = new DataOutputStream(OutputStream.nullOutputStream());
        try {
            check.snapshot(counted);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return counted.size();
    }
}
