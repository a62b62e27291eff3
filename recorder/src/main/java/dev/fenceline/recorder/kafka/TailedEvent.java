package dev.fenceline.recorder.kafka;

import dev.fenceline.event.Event;
import java.util.UUID;

/**
 * An event as it was found in Kafka.
 *
 * @param topic one of {@code dev.fenceline.wire.Topics}
 */
public record TailedEvent(UUID session, Event event, String topic, int partition, long offset) {}
