package dev.fenceline.stack;

import dev.fenceline.event.Event;
import dev.fenceline.recorder.kafka.EmitReport;
import dev.fenceline.recorder.kafka.EventEmitter;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.recorder.kafka.StreamTopics;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.Topics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What an event costs to emit until all of a burst is acknowledged, against a bare producer that sends arrays made beforehand with the
 * same settings. The broker shares the machine with both.
 *
 * <p>Run: {@code .ci/jmh deploy EmitterBenchmark}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5)
@Measurement(iterations = 8)
public class EmitterBenchmark {
    private static final int EVENTS = 200_000;

    @Param({"lz4"})
    private String compression;

    @Param({"5"})
    private String lingerMs;

    private List<SimulatedMix.Entry> mix = List.of();
    private byte[][] wire = new byte[0][];
    private EmbeddedBroker broker;
    private EventEmitter emitter;
    private KafkaProducer<byte[], byte[]> producer;

    @Setup(Level.Trial)
    public void start() throws Exception {
        EventCodec codec = new EventCodec();
        mix = SimulatedMix.events(EVENTS);
        wire = mix.stream().map(entry -> codec.encode(entry.event())).toArray(byte[][]::new);
        Path directory = Files.createTempDirectory("fenceline-emitter");
        broker = EmbeddedBroker.start(directory, 0);
        KafkaEndpoint endpoint =
                new KafkaEndpoint(broker.bootstrap(), Map.of("compression.type", compression, "linger.ms", lingerMs));
        StreamTopics.embedded().create(endpoint);
        emitter = EventEmitter.open(endpoint);
        Map<String, Object> settings = new HashMap<>(EventEmitter.producerSettings());
        settings.putAll(endpoint.settings());
        settings.put("bootstrap.servers", endpoint.bootstrapServers());
        producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @TearDown(Level.Trial)
    public void stop() {
        emitter.close();
        producer.close();
        broker.close();
    }

    /** Encodes and emits events. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public EmitReport emitter() {
        for (SimulatedMix.Entry entry : mix) {
            Event event = entry.event();
            emitter.emit(entry.session(), event);
        }
        emitter.flush();
        return emitter.report();
    }

    /** Sends ready-made arrays. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    @SuppressWarnings("FutureReturnValueIgnored") // as fast as can be
    public int bareProducer() {
        for (int i = 0; i < EVENTS; i++) {
            producer.send(new ProducerRecord<>(Topics.EVENTS, mix.get(i).key(), wire[i]));
        }
        producer.flush();
        return EVENTS;
    }
}
