package dev.fenceline.analytics.check;

import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.PteWrite;
import dev.fenceline.event.PteZap;
import dev.fenceline.event.QueueCreate;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Source;
import dev.fenceline.event.VmCreate;
import dev.fenceline.event.VmFlag;
import dev.fenceline.event.VmaCreate;
import dev.fenceline.event.VmaKind;
import java.util.EnumSet;
import java.util.SplittableRandom;
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
 * What an event of one address space that takes page faults costs when so many mappings are in it: entries are cleared and written, and
 * a queue reaches them.
 *
 * <p>Run: {@code .ci/jmh analytics LiveMappingsBenchmark}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgs = "-Xmx4g")
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class LiveMappingsBenchmark {
    private static final int EVENTS = 3_000;
    private static final long BYTES = 64 << 10;
    private static final long VM = 1;
    private static final long QUEUE = 2;
    private static final long FIRST = 16;

    @Param({"1000", "10000", "100000"})
    private int mappings;

    private final SplittableRandom random = new SplittableRandom(1);
    private final SessionCheck check = new SessionCheck(RuleCatalogue.all());
    private long seq;

    @Setup
    public void map(Blackhole hole) {
        check.apply(SessionStart.builder().build(++seq, seq, 0, 0, 0, Source.SIMULATOR), hole::consume);
        check.apply(
                VmCreate.builder()
                        .vm(VM)
                        .flags(EnumSet.of(VmFlag.LR, VmFlag.FAULT))
                        .build(++seq, seq, 0, 0, 0, Source.SIMULATOR),
                hole::consume);
        check.apply(
                QueueCreate.builder().queue(QUEUE).vm(VM).build(++seq, seq, 0, 0, 0, Source.SIMULATOR), hole::consume);
        for (int i = 0; i < mappings; i++) {
            check.apply(
                    VmaCreate.builder()
                            .vma(FIRST + i)
                            .vm(VM)
                            .start(i * BYTES)
                            .end((i + 1) * BYTES)
                            .kind(VmaKind.USERPTR)
                            .build(++seq, seq, 0, 0, 0, Source.SIMULATOR),
                    hole::consume);
        }
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void foldAndAllRules(Blackhole hole) {
        for (int i = 0; i < EVENTS; i += 3) {
            long start = random.nextInt(mappings) * BYTES;
            check.apply(
                    PteZap.builder()
                            .vm(VM)
                            .start(start)
                            .end(start + BYTES)
                            .tile(0)
                            .build(++seq, seq, 0, 0, 0, Source.SIMULATOR),
                    hole::consume);
            check.apply(
                    PteWrite.builder()
                            .vm(VM)
                            .start(start)
                            .end(start + BYTES)
                            .tile(0)
                            .build(++seq, seq, 0, 0, 0, Source.SIMULATOR),
                    hole::consume);
            check.apply(
                    GpuAccess.builder()
                            .vm(VM)
                            .queue(QUEUE)
                            .address(start)
                            .write(true)
                            .build(++seq, seq, 0, 0, 0, Source.SIMULATOR),
                    hole::consume);
        }
    }
}
