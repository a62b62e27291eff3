package dev.fenceline.recorder.kafka;

import dev.fenceline.wire.Topics;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteBufferDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The committed records of the topics that are recorded, from given offsets on.
 *
 * <p>No consumer group: the offsets belong to whoever keeps what was read. One thread polls.
 */
public final class RecordSource implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RecordSource.class);
    private static final List<String> RECORDED = List.of(Topics.EVENTS, Topics.ALERTS, Topics.SESSIONS);

    /** Where a record was found. */
    public record Position(PartitionLog log, long offset) {}

    /** Takes the records one by one. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Takes a record.
         *
         * @param value its bytes, in an array; valid during the call
         */
        void accept(Position position, byte @Nullable [] key, @Nullable ByteBuffer value);
    }

    private final KafkaEndpoint endpoint;
    private final KafkaConsumer<byte[], ByteBuffer> consumer;
    private final Map<TopicPartition, PartitionLog> logs = new LinkedHashMap<>();

    private RecordSource(KafkaEndpoint endpoint, Map<PartitionLog, Long> offsets) {
        this.endpoint = endpoint;
        logs.putAll(present(endpoint));
        Map<String, String> settings = Map.of(
                "client.id",
                "fenceline-recorder",
                "isolation.level",
                "read_committed",
                "enable.auto.commit",
                "false",
                "auto.offset.reset",
                "none",
                "max.poll.records",
                "20000",
                "fetch.max.bytes",
                "33554432",
                "max.partition.fetch.bytes",
                "8388608",
                "reconnect.backoff.max.ms",
                "1000");
        consumer = new KafkaConsumer<>(
                endpoint.client(settings), new ByteArrayDeserializer(), new ByteBufferDeserializer());
        consumer.assign(logs.keySet());
        logs.forEach((partition, log) -> {
            Long next = offsets.get(log);
            if (next != null) {
                consumer.seek(partition, next);
            } else {
                consumer.seekToBeginning(List.of(partition));
            }
        });
    }

    /**
     * Starts reading.
     *
     * @param offsets where to go on in each partition; at its beginning where there is none
     * @throws KafkaStreamException if no broker answers or a topic is missing
     */
    public static RecordSource open(KafkaEndpoint endpoint, Map<PartitionLog, Long> offsets) {
        return new RecordSource(endpoint, offsets);
    }

    /** Hands on the records that have arrived, waiting at most {@code wait} for the first. An absent broker looks like silence. */
    public void poll(Duration wait, Sink sink) {
        try {
            ConsumerRecords<byte[], ByteBuffer> records = consumer.poll(wait);
            for (TopicPartition partition : records.partitions()) {
                PartitionLog log = logs.get(partition);
                if (log == null) {
                    throw new IllegalStateException("Kafka sent records of " + partition + ", which nobody asked for");
                }
                for (ConsumerRecord<byte[], ByteBuffer> record : records.records(partition)) {
                    sink.accept(new Position(log, record.offset()), record.key(), record.value());
                }
            }
        } catch (OffsetOutOfRangeException e) {
            resume(e.offsetOutOfRangePartitions());
        } catch (WakeupException e) {
            LOG.debug("woken up");
        } catch (KafkaException e) {
            throw new KafkaStreamException(
                    "cannot read from Kafka at " + endpoint.bootstrapServers() + ": " + e.getMessage(), e);
        }
    }

    /** The partitions there are, of the topics as they are now. */
    private static Map<TopicPartition, PartitionLog> present(KafkaEndpoint endpoint) {
        Map<TopicPartition, PartitionLog> present = new LinkedHashMap<>();
        StreamTopics.describe(endpoint, RECORDED)
                .forEach((topic, description) -> description
                        .partitions()
                        .forEach(partition -> present.put(
                                new TopicPartition(topic, partition.partition()),
                                new PartitionLog(topic, description.topicId().toString(), partition.partition()))));
        return present;
    }

    /**
     * The wanted offset is no longer there (retention was faster than the recorder), or not yet (the log was cut), or was one of a
     * topic that has since been created anew.
     */
    private void resume(Map<TopicPartition, Long> wanted) {
        Set<TopicPartition> anew = beginAnew();
        Map<TopicPartition, Long> cut = new LinkedHashMap<>(wanted);
        cut.keySet().removeAll(anew);
        if (cut.isEmpty()) {
            return;
        }
        Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(cut.keySet());
        Map<TopicPartition, Long> ends = consumer.endOffsets(cut.keySet());
        cut.forEach((partition, offset) -> {
            long beginning = beginnings.getOrDefault(partition, 0L);
            long end = ends.getOrDefault(partition, 0L);
            long next = offset < beginning ? beginning : end;
            LOG.error(
                    "{} no longer has offset {}: it holds {} to {}. Going on at {}; what is missing shows as holes in sessions.",
                    partition,
                    offset,
                    beginning,
                    end,
                    next);
            consumer.seek(partition, next);
        });
    }

    /** Goes to the beginning of those partitions whose topic is another than it was, and of those that were added to it. */
    private Set<TopicPartition> beginAnew() {
        Map<TopicPartition, PartitionLog> present = present(endpoint);
        Set<TopicPartition> anew = new LinkedHashSet<>();
        present.forEach((partition, log) -> {
            if (!log.equals(logs.get(partition))) {
                anew.add(partition);
            }
        });
        if (!anew.isEmpty()) {
            LOG.warn("{} were created anew: reading them from their beginning", anew);
            logs.clear();
            logs.putAll(present);
            consumer.assign(logs.keySet());
            consumer.seekToBeginning(anew);
        }
        return anew;
    }

    /** How many committed records are known to wait. */
    public long lag() {
        long lag = 0;
        Set<TopicPartition> partitions = logs.keySet();
        for (TopicPartition partition : partitions) {
            lag += consumer.currentLag(partition).orElse(0);
        }
        return lag;
    }

    /** Makes a poll that waits return; from any thread. */
    public void wakeUp() {
        consumer.wakeup();
    }

    @Override
    public void close() {
        consumer.close();
    }
}
