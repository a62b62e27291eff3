package dev.fenceline.analytics.flink;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.metrics.Counter;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes records off Kafka without looking into their values. What has no session's uuid as its key, or no value, belongs to no
 * session and is counted as {@code unkeyed}.
 */
final class EventRecordReader implements KafkaRecordDeserializationSchema<EventRecord> {
    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(EventRecordReader.class);
    private static final int UUID_LENGTH = 36;

    @SuppressWarnings("NullAway.Init") // open() comes first
    private transient Counter unkeyed;

    private transient byte @Nullable [] lastKey;
    private transient String lastSession = "";

    @Override
    public void open(DeserializationSchema.InitializationContext context) {
        unkeyed = context.getMetricGroup().counter("unkeyed");
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<EventRecord> out) {
        byte[] key = record.key();
        byte[] value = record.value();
        if (key == null || key.length != UUID_LENGTH || value == null) {
            unkeyed.inc();
            LOG.warn(
                    "skipped a record without a session at partition {} offset {} of {}",
                    record.partition(),
                    record.offset(),
                    record.topic());
            return;
        }
        out.collect(new EventRecord(sessionOf(key), value, record.partition(), record.offset()));
    }

    /** Events of a session come in runs: the same text (and its cached hash) serves the whole run. */
    private String sessionOf(byte[] key) {
        if (!Arrays.equals(key, lastKey)) {
            lastKey = key;
            lastSession = new String(key, StandardCharsets.US_ASCII);
        }
        return lastSession;
    }

    @Override
    public TypeInformation<EventRecord> getProducedType() {
        return StreamTypes.EVENT_RECORD;
    }
}
