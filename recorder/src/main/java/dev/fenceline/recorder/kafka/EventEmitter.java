package dev.fenceline.recorder.kafka;

import dev.fenceline.event.Event;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Sends the events of sessions to {@link Topics#EVENTS}, in order, each exactly once as far as the log is concerned: the producer
 * is idempotent and waits for all in-sync replicas.
 *
 * <p>When Kafka is slower than the caller, {@link #emit} waits. When a broker is away, sending goes on once it is back, in order.
 * What could not be delivered within {@link #DELIVERY_PATIENCE} is an error of the next call, and every call after it: nothing is
 * ever dropped silently, and nothing is sent after a hole.
 *
 * <p>One thread emits; {@link #report()} may be read from any.
 */
public final class EventEmitter implements AutoCloseable {
    /** How long a broker may be away before events that wait for it count as lost. */
    public static final Duration DELIVERY_PATIENCE = Duration.ofMinutes(15);

    private static final Duration REACH_TIMEOUT = Duration.ofSeconds(15);

    private final KafkaEndpoint endpoint;
    private final KafkaProducer<byte[], byte[]> producer;
    private final EventCodec codec = new EventCodec();
    private final Callback acknowledge = this::acknowledged;
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

    private @Nullable UUID session;
    private byte[] key = new byte[0];
    private volatile long sent;
    private volatile long bytes;
    private volatile long acknowledged;
    private boolean closed;

    private EventEmitter(KafkaEndpoint endpoint) {
        this.endpoint = endpoint;
        this.producer = new KafkaProducer<>(
                endpoint.client(producerSettings()), new ByteArraySerializer(), new ByteArraySerializer());
    }

    /**
     * An emitter into the cluster at {@code endpoint}, whose topics exist.
     *
     * @throws KafkaStreamException if no broker answers there or the events topic is missing
     */
    public static EventEmitter open(KafkaEndpoint endpoint) {
        // A producer would wait for an unreachable cluster as patiently as for one that is away: ask first.
        StreamTopics.describe(endpoint, java.util.List.of(Topics.EVENTS));
        return new EventEmitter(endpoint);
    }

    /** The producer settings of emitters, where the endpoint does not say otherwise. */
    public static Map<String, String> producerSettings() {
        String patience = Long.toString(DELIVERY_PATIENCE.toMillis());
        return Map.ofEntries(
                Map.entry("client.id", "fenceline-emitter"),
                Map.entry("acks", "all"),
                Map.entry("enable.idempotence", "true"),
                // With more, a first batch that fails may find a later one of its partition accepted before it, and is
                // then
                // refused as out of order until patience ends (KAFKA-14359): seen after a restart of the broker.
                Map.entry("max.in.flight.requests.per.connection", "1"),
                // The fastest of none, lz4 and zstd at 5 and 20 ms, by the best times of interleaved runs.
                Map.entry("compression.type", "lz4"),
                Map.entry("linger.ms", "20"),
                Map.entry("batch.size", "262144"),
                Map.entry("buffer.memory", "67108864"),
                Map.entry("max.request.size", "8388608"),
                Map.entry("delivery.timeout.ms", patience),
                Map.entry("max.block.ms", patience),
                Map.entry("request.timeout.ms", Long.toString(REACH_TIMEOUT.toMillis())),
                Map.entry("reconnect.backoff.max.ms", "1000"),
                Map.entry("retry.backoff.max.ms", "1000"));
    }

    /**
     * Sends the next event of {@code session}.
     *
     * @throws KafkaStreamException if this or an earlier event could not be delivered
     */
    public void emit(UUID session, Event event) {
        emitWire(session, codec.encode(event));
    }

    /** Sends what is already in wire form; the bytes must not change until the next {@link #flush()}. */
    @SuppressWarnings("FutureReturnValueIgnored") // the callback has the answer, without an object to hold it
    public void emitWire(UUID session, byte[] wire) {
        requireHealthy();
        if (!session.equals(this.session)) {
            this.session = session;
            this.key = session.toString().getBytes(StandardCharsets.US_ASCII);
        }
        try {
            producer.send(new ProducerRecord<>(Topics.EVENTS, key, wire), acknowledge);
        } catch (InterruptException e) {
            failure.compareAndSet(null, e);
            throw broken(e);
        } catch (KafkaException | IllegalStateException e) {
            failure.compareAndSet(null, e);
            throw broken(e);
        }
        count(wire.length);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread emits
    private void count(int length) {
        sent++;
        bytes += length;
    }

    /** Called by the producer's one I/O thread. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void acknowledged(@Nullable RecordMetadata metadata, @Nullable Exception exception) {
        if (exception == null) {
            acknowledged++;
        } else {
            failure.compareAndSet(null, exception);
        }
    }

    /**
     * Waits until everything emitted is acknowledged.
     *
     * @throws KafkaStreamException if something could not be delivered
     */
    public void flush() {
        try {
            producer.flush();
        } catch (KafkaException e) {
            failure.compareAndSet(null, e);
        }
        requireHealthy();
        if (acknowledged != sent) {
            throw new IllegalStateException("Kafka's producer flushed without answering for every record: " + report());
        }
    }

    /** What was done so far. */
    public EmitReport report() {
        return new EmitReport(sent, acknowledged, bytes);
    }

    private void requireHealthy() {
        Exception broken = failure.get();
        if (broken != null) {
            throw broken(broken);
        }
    }

    private KafkaStreamException broken(Exception cause) {
        EmitReport report = report();
        return new KafkaStreamException(
                "events could not be delivered to " + Topics.EVENTS + " at " + endpoint.bootstrapServers() + ": "
                        + cause.getMessage() + ". Of " + report.sent() + " events emitted, " + report.acknowledged()
                        + " were acknowledged; what is missing shows as a hole in the session. Emit the session anew once"
                        + " the cluster is well.",
                cause);
    }

    /**
     * Flushes and closes.
     *
     * @throws KafkaStreamException if something could not be delivered
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (failure.get() == null) {
                flush();
            }
        } finally {
            producer.close(failure.get() == null ? DELIVERY_PATIENCE : Duration.ZERO);
        }
        requireHealthy();
    }
}
