package dev.fenceline.stack;

import dev.fenceline.analytics.check.SessionCheck;
import dev.fenceline.analytics.flink.RulesJobOptions;
import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.event.Event;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.recorder.kafka.StreamTopics;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.Topics;
import dev.fenceline.wire.UndecodableException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
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
import org.openjdk.jmh.infra.Blackhole;

/**
 * What checking an event costs: by the rules alone, with decoding, and in the rules job from Kafka to committed verdicts. The job's
 * figure holds all that is around it, in this JVM: broker, consumer, checkpoints ten times a second, and the wait for the last.
 *
 * <p>Run: {@code .ci/jmh deploy RulesJobBenchmark}
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx3g")
@Warmup(iterations = 3)
@Measurement(iterations = 5)
public class RulesJobBenchmark {
    private static final int SESSIONS = 3;
    private static final int LENGTH = 400_000;
    private static final int EVENTS = SESSIONS * LENGTH;

    private final List<Event> events = new ArrayList<>(EVENTS);
    private final List<byte[]> wire = new ArrayList<>(EVENTS);

    /** Generates the sessions, one of each scenario; one after the other, as they lie here. */
    @Setup
    public void generate() {
        EventCodec codec = new EventCodec();
        for (List<Event> session : SampleSessions.of(SESSIONS, LENGTH).values()) {
            for (Event event : session) {
                events.add(event);
                wire.add(codec.encode(event));
            }
        }
        if (events.size() != EVENTS) {
            throw new IllegalStateException(events.size() + " events, not " + EVENTS);
        }
    }

    /** The rules alone. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void check(Blackhole sink) {
        for (int from = 0; from < EVENTS; from += LENGTH) {
            SessionCheck check = new SessionCheck(RuleCatalogue.all());
            for (int i = from; i < from + LENGTH; i++) {
                check.apply(events.get(i), sink::consume);
            }
            check.finish(sink::consume);
        }
    }

    /** What the job's operator does, without a job around it. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void decodeAndCheck(Blackhole sink) throws UndecodableException {
        EventCodec codec = new EventCodec();
        for (int from = 0; from < EVENTS; from += LENGTH) {
            SessionCheck check = new SessionCheck(RuleCatalogue.all());
            for (int i = from; i < from + LENGTH; i++) {
                check.apply(codec.decode(wire.get(i)), sink::consume);
            }
            check.finish(sink::consume);
        }
    }

    /** The job. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void job(Pipeline pipeline) {
        pipeline.check();
    }

    /** A running job, and events that it will see all at once: they are in Kafka, in a transaction that is not committed yet. */
    @State(Scope.Benchmark)
    public static class Pipeline {
        /** One subtask, chained; two, with a shuffle between source and rules. */
        @Param({"1", "2"})
        public int parallelism;

        private final List<UUID> sessions = new ArrayList<>();
        private Path directory;
        private EmbeddedBroker broker;
        private KafkaEndpoint kafka;
        private EmbeddedFlink flink;
        private KafkaProducer<byte[], byte[]> producer;

        @Setup
        public void start() throws Exception {
            directory = Files.createTempDirectory("fenceline-benchmark");
            broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
            kafka = KafkaEndpoint.at(broker.bootstrap());
            StreamTopics.embedded().create(kafka);
            flink = EmbeddedFlink.start(
                    directory.resolve("flink"),
                    RulesJobOptions.on(kafka)
                            .withParallelism(parallelism)
                            .withCheckpointInterval(Duration.ofMillis(100)));
            flink.awaitRunning();
            producer = new KafkaProducer<>(
                    Map.of(
                            "bootstrap.servers", broker.bootstrap(),
                            "transactional.id", "benchmark",
                            "compression.type", "lz4",
                            "batch.size", "262144"),
                    new ByteArraySerializer(),
                    new ByteArraySerializer());
            producer.initTransactions();
        }

        @Setup(Level.Invocation)
        @SuppressWarnings("FutureReturnValueIgnored") // the commit fails if a send did
        public void send(RulesJobBenchmark benchmark) {
            sessions.clear();
            producer.beginTransaction();
            for (int from = 0; from < EVENTS; from += LENGTH) {
                UUID session = UUID.randomUUID();
                sessions.add(session);
                byte[] key = session.toString().getBytes(StandardCharsets.US_ASCII);
                for (int i = from; i < from + LENGTH; i++) {
                    producer.send(new ProducerRecord<>(Topics.EVENTS, key, benchmark.wire.get(i)));
                }
            }
            producer.flush();
        }

        void check() {
            producer.commitTransaction();
            DerivedRecords.awaitChecked(kafka, sessions);
        }

        @TearDown
        public void stop() throws IOException {
            producer.close();
            flink.close();
            broker.close();
            EmbeddedFlink.deleteRecursively(directory);
        }
    }
}
