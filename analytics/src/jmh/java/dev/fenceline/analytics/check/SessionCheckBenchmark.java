package dev.fenceline.analytics.check;

import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.event.Event;
import dev.fenceline.simulator.Limits;
import dev.fenceline.simulator.Scenarios;
import dev.fenceline.simulator.Simulation;
import java.util.ArrayList;
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
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What an event costs to fold, and to fold and judge by all rules.
 *
 * <p>Run: {@code .ci/jmh analytics SessionCheckBenchmark}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3)
@Measurement(iterations = 5)
public class SessionCheckBenchmark {
    private static final int EVENTS = 300_000;

    @Param({"compositor", "open-world", "browser", "compute-under-pressure", "debugger-session", "transcode"})
    private String scenario;

    private final List<Event> events = new ArrayList<>();

    @Setup
    public void simulate() {
        Simulation.of(Objects.requireNonNull(Scenarios.named(scenario)), 1, List.of(), Limits.events(EVENTS))
                .run(events::add);
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public KernelState fold() {
        KernelState state = new KernelState();
        events.forEach(state::apply);
        return state;
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void foldAndAllRules(Blackhole hole) {
        SessionCheck check = new SessionCheck(RuleCatalogue.all());
        for (Event event : events) {
            check.apply(event, hole::consume);
        }
        check.finish(hole::consume);
    }
}
