package dev.fenceline.wire;

import dev.fenceline.event.BoMove;
import dev.fenceline.event.DmaFenceInit;
import dev.fenceline.event.DmaFenceSignaled;
import dev.fenceline.event.Event;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.LockAcquire;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.LockMode;
import dev.fenceline.event.MoveKind;
import dev.fenceline.event.Placement;
import dev.fenceline.event.ResvAddFence;
import dev.fenceline.event.Source;
import dev.fenceline.event.Usage;
import dev.fenceline.event.WireBuffer;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What an event costs to encode and to decode, in ns and, with {@code -prof gc}, in bytes allocated ({@code gc.alloc.rate.norm}).
 *
 * <p>Run: {@code .ci/jmh schemas EventCodecBenchmark -prof gc}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class EventCodecBenchmark {
    private static final int EVENTS = 5;

    private final EventCodec codec = new EventCodec();
    private final WireBuffer buffer = new WireBuffer();
    private final SessionDigest digest = new SessionDigest();
    private Event[] events = new Event[0];
    private byte[][] wire = new byte[0][];

    @Setup
    public void fill() throws IOException {
        long ts = 1_234_567_890_123L;
        events = new Event[] {
            BoMove.builder()
                    .bo(4711)
                    .from(Placement.TT)
                    .to(Placement.VRAM)
                    .size(1 << 21)
                    .fence(90210)
                    .kind(MoveKind.BLIT)
                    .evict(false)
                    .build(100_001, ts, 3, 4242, 4200, Source.SIMULATOR),
            DmaFenceInit.builder()
                    .fence(90210)
                    .context(17)
                    .seqno(1234)
                    .driver("xe")
                    .timeline("bcs0")
                    .kind(FenceKind.HARDWARE)
                    .build(100_002, ts + 100, 3, 4242, 4200, Source.SIMULATOR),
            ResvAddFence.builder()
                    .resv(815)
                    .fence(90210)
                    .usage(Usage.KERNEL)
                    .build(100_003, ts + 200, 3, 4242, 4200, Source.SIMULATOR),
            LockAcquire.builder()
                    .lockClass(LockClass.VM_LOCK)
                    .lock(99)
                    .mode(LockMode.W)
                    .build(100_004, ts + 300, 3, 4242, 4200, Source.SIMULATOR),
            DmaFenceSignaled.builder().fence(90210).build(100_005, ts + 400, 3, 4242, 4200, Source.SIMULATOR),
        };
        wire = new byte[EVENTS][];
        for (int i = 0; i < EVENTS; i++) {
            wire[i] = codec.encode(events[i]);
        }
    }

    /** Into a buffer that is reused. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public int encode() {
        buffer.clear();
        for (Event event : events) {
            codec.encode(event, buffer);
        }
        return buffer.size();
    }

    /** Into an array of its own, as Kafka wants it. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void encodeToArray(Blackhole hole) {
        for (Event event : events) {
            hole.consume(codec.encode(event));
        }
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void decode(Blackhole hole) throws UndecodableException {
        for (byte[] bytes : wire) {
            hole.consume(codec.decode(bytes));
        }
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void digest() {
        for (int i = 0; i < EVENTS; i++) {
            digest.add(events[i].eventType(), wire[i], 0, wire[i].length);
        }
    }
}
