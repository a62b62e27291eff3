package dev.fenceline.analytics.flink;

import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/** Puts findings into Kafka, each into its topic, with the session as key: a session's findings stay in order. */
final class FindingWriter implements KafkaRecordSerializationSchema<Finding> {
    private static final long serialVersionUID = 1;

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            Finding finding, KafkaSinkContext context, @Nullable Long timestamp) {
        return new ProducerRecord<>(
                finding.topic(), finding.session().getBytes(StandardCharsets.US_ASCII), finding.wire());
    }
}
