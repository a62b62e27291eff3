package dev.fenceline.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Nothing is kept of the dead: however long a scenario runs, it needs the heap of those who live. Short stories end before. */
@Tag("long")
class FlatHeapTest {
    private static final long EVENTS = 3_000_000;
    private static final long EVERY = 1_000_000;
    private static final long MAY_GROW_BYTES = 256L << 10;

    static Stream<String> scenarios() {
        return Scenarios.all().stream().map(Scenario::name);
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void theHeapStaysAsItIs(String name) {
        List<Long> heap = new ArrayList<>();
        long[] seen = {0};
        Simulation.of(Objects.requireNonNull(Scenarios.named(name)), 1, List.of(), Limits.events(EVENTS))
                .run(event -> {
                    if (++seen[0] % EVERY == 0) {
                        heap.add(usedHeap());
                    }
                });

        assertThat(heap).allSatisfy(bytes -> assertThat(bytes).isLessThan(heap.get(0) + MAY_GROW_BYTES));
    }

    private static long usedHeap() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
