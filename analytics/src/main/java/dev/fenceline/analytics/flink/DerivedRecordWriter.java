package dev.fenceline.analytics.flink;

import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/** Puts what checks say into Kafka, each record into its topic, with the session as key: it stays in order. */
final class DerivedRecordWriter implements KafkaRecordSerializationSchema<DerivedRecord> {
    private static final long serialVersionUID = 1;

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            DerivedRecord record, KafkaSinkContext context, @Nullable Long timestamp) {
        return new ProducerRecord<>(
                record.topic(), record.session().getBytes(StandardCharsets.US_ASCII), record.wire());
    }
}
