package dev.fenceline.analytics.check;

import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.event.Event;
import dev.fenceline.simulator.Limits;
import dev.fenceline.simulator.Scenarios;
import dev.fenceline.simulator.Simulation;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * What an event costs to fold and to judge by all rules when so many buffers and fences are alive, and how large the state is. Each
 * invocation goes on from the same snapshot.
 *
 * <p>Run: {@code .ci/jmh analytics LiveObjectsBenchmark}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgs = "-Xmx6g")
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class LiveObjectsBenchmark {
    private static final int EVENTS = 300_000;

    /** How many events the workload needs at most until it keeps one more object. */
    private static final long EVENTS_AN_OBJECT = 120;

    @Param({"1000", "10000", "100000", "1000000"})
    private long objects;

    private final List<Event> events = new ArrayList<>(EVENTS);
    private byte[] grown = {};
    private SessionCheck check = new SessionCheck(RuleCatalogue.all());

    /** Lets the workload grow, and keeps what the check knows then and what happens next. */
    @Setup
    public void grow(Blackhole hole) throws IOException {
        long growth = objects * EVENTS_AN_OBJECT;
        Simulation.of(
                        Objects.requireNonNull(Scenarios.named("many-objects")),
                        1,
                        List.of(),
                        Limits.events(growth + EVENTS))
                .scaledTo(objects)
                .run(event -> {
                    if (event.seq() <= growth) {
                        check.apply(event, hole::consume);
                    } else {
                        events.add(event);
                    }
                });
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        check.snapshot(new DataOutputStream(bytes));
        grown = bytes.toByteArray();
        System.out.printf("%n%d bytes of snapshot for each live buffer, fence included%n", grown.length / objects);
    }

    @Setup(Level.Invocation)
    public void restore() throws IOException {
        check = SessionCheck.restore(new DataInputStream(new ByteArrayInputStream(grown)), RuleCatalogue.all());
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void foldAndAllRules(Blackhole hole) {
        for (Event event : events) {
            check.apply(event, hole::consume);
        }
    }
}
