package dev.fenceline.simulator;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * A hundred million events in a heap that stays as it is: nothing is kept of the dead. The run fails if the live heap grows.
 *
 * <p>Run: {@code .ci/jmh simulator FlatHeapBenchmark}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 1, jvmArgs = "-Xmx256m")
@Warmup(iterations = 0)
@Measurement(iterations = 1)
public class FlatHeapBenchmark {
    private static final long EVENTS = 100_000_000;
    private static final long EVERY = 10_000_000;
    private static final long MAY_GROW_BYTES = 4L << 20;

    @Param({"compositor", "browser"})
    private String scenario;

    private long firstHeap;
    private long seen;

    @Benchmark
    public void hundredMillionEvents(Blackhole hole) {
        Scenario chosen = Objects.requireNonNull(Scenarios.named(scenario));
        Simulation.of(chosen, 1, List.of(), Limits.events(EVENTS)).run(event -> {
            hole.consume(event);
            if (++seen % EVERY == 0) {
                measure();
            }
        });
    }

    private void measure() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        long heap = runtime.totalMemory() - runtime.freeMemory();
        System.out.printf("%n%d events: %d KiB of live heap", seen, heap >> 10);
        if (firstHeap == 0) {
            firstHeap = heap;
        } else if (heap > firstHeap + MAY_GROW_BYTES) {
            throw new IllegalStateException("the heap grew from " + firstHeap + " to " + heap + " bytes");
        }
    }
}
