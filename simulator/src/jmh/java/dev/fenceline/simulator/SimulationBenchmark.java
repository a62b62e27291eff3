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
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What a simulated event costs, digest included, when nobody keeps it.
 *
 * <p>Run: {@code .ci/jmh simulator SimulationBenchmark}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3)
@Measurement(iterations = 5)
public class SimulationBenchmark {
    private static final int EVENTS = 500_000;

    @Param({"compositor", "open-world", "browser", "compute-under-pressure", "debugger-session", "transcode"})
    private String scenario;

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void intoNothing(Blackhole hole) {
        Scenario chosen = Objects.requireNonNull(Scenarios.named(scenario));
        Simulation.of(chosen, 1, List.of(), Limits.events(EVENTS)).run(hole::consume);
    }
}
