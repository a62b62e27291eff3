package dev.fenceline.recorder.kafka;

import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.UndecodableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads events as they arrive in Kafka, committed ones only. It belongs to no consumer group and leaves no trace in the cluster.
 *
 * <p>Records that cannot be decoded are skipped and counted: telling about them is the recorder's job. Not thread safe.
 */
public final class EventTail implements AutoCloseable {
    private final KafkaEndpoint endpoint;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<TopicPartition> partitions = new ArrayList<>();
    private final EventCodec codec = new EventCodec();
    private long undecodable;

    private EventTail(KafkaEndpoint endpoint, List<String> topics) {
        this.endpoint = endpoint;
        for (var topic : StreamTopics.describe(endpoint, topics).entrySet()) {
            topic.getValue()
                    .partitions()
                    .forEach(p -> partitions.add(new TopicPartition(topic.getKey(), p.partition())));
        }
        Map<String, String> settings = Map.of(
                "client.id",
                "fenceline-tail",
                "isolation.level",
                "read_committed",
                "enable.auto.commit",
                "false",
                "auto.offset.reset",
                "earliest",
                "max.poll.records",
                "5000");
        this.consumer = new KafkaConsumer<>(
                endpoint.client(settings), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.assign(partitions);
    }

    /** A tail of {@code topics} from the oldest event Kafka still has. */
    public static EventTail fromBeginning(KafkaEndpoint endpoint, List<String> topics) {
        EventTail tail = new EventTail(endpoint, topics);
        tail.consumer.seekToBeginning(tail.partitions);
        return tail;
    }

    /** A tail of {@code topics} that sees what arrives from now on. */
    public static EventTail fromEnd(KafkaEndpoint endpoint, List<String> topics) {
        EventTail tail = new EventTail(endpoint, topics);
        tail.consumer.seekToEnd(tail.partitions);
        // Seeking is lazy: without asking for the position, "now" would be the first poll.
        tail.partitions.forEach(tail.consumer::position);
        return tail;
    }

    /** The events that arrived, waiting at most {@code wait} for the first; in order within a session. */
    public List<TailedEvent> poll(Duration wait) {
        List<TailedEvent> events = new ArrayList<>();
        try {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(wait)) {
                UUID session = SessionKey.parse(record.key());
                if (session == null || record.value() == null) {
                    undecodable++;
                    continue;
                }
                try {
                    events.add(new TailedEvent(
                            session,
                            codec.decode(record.value()),
                            record.topic(),
                            record.partition(),
                            record.offset()));
                } catch (UndecodableException e) {
                    undecodable++;
                }
            }
        } catch (KafkaException e) {
            throw new KafkaStreamException(
                    "cannot read from Kafka at " + endpoint.bootstrapServers() + ": " + e.getMessage(), e);
        }
        return events;
    }

    /** Whether everything that was committed when last asked has been read. */
    public boolean atEnd() {
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    /** How many records were skipped because they are no events. */
    public long undecodable() {
        return undecodable;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
