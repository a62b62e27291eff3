package dev.fenceline.simulator;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What a simulated event costs when so many buffers and fences are alive, and how much heap each of them takes.
 *
 * <p>Run: {@code .ci/jmh simulator LiveObjectsBenchmark}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgs = "-Xmx4g")
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
public class LiveObjectsBenchmark {
    private static final int EVENTS = 500_000;

    /** How many events the workload needs at most until it keeps one more object. */
    private static final long EVENTS_AN_OBJECT = 120;

    @Param({"1000", "10000", "100000", "1000000"})
    private long objects;

    private PausedSimulation simulation;

    /** Lets the workload grow. */
    @Setup
    public void grow(Blackhole hole) {
        Scenario scenario = Objects.requireNonNull(Scenarios.named("many-objects"));
        simulation = new PausedSimulation(
                Simulation.of(scenario, 1, List.of(), Limits.events(Long.MAX_VALUE))
                        .scaledTo(objects),
                hole::consume);
        long before = usedHeap();
        simulation.advance(objects * EVENTS_AN_OBJECT);
        System.out.printf("%n%d bytes of heap for each live buffer, fence included%n", (usedHeap() - before) / objects);
    }

    private static long usedHeap() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    @TearDown
    public void stop() {
        simulation.close();
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void grown() {
        simulation.advance(EVENTS);
    }
}
