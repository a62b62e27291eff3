package dev.fenceline.recorder.kafka;

import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Where a Kafka cluster is and how to get in.
 *
 * @param bootstrapServers {@code host:port}, several separated by commas
 * @param settings client settings beyond that, as Kafka names them: TLS, SASL, timeouts. They win over Fenceline's own.
 */
public record KafkaEndpoint(String bootstrapServers, Map<String, String> settings) {
    public KafkaEndpoint {
        settings = Map.copyOf(settings);
    }

    /** A cluster without TLS or SASL. */
    public static KafkaEndpoint at(String bootstrapServers) {
        return new KafkaEndpoint(bootstrapServers, Map.of());
    }

    /** Fenceline's defaults for a client, under the settings of this endpoint. */
    Properties client(Map<String, String> defaults) {
        Properties properties = new Properties();
        properties.putAll(new TreeMap<>(defaults));
        properties.putAll(settings);
        properties.put("bootstrap.servers", bootstrapServers);
        return properties;
    }
}
