package dev.fenceline.stack;

import dev.fenceline.recorder.kafka.KafkaEndpoint;

/** A Kafka, a recorder and a rules job that work together on one store. */
public interface Stack extends AutoCloseable {
    /** Its Kafka. */
    KafkaEndpoint kafka();

    /** What it has recorded. */
    StoreAccess store();

    /**
     * Fails with what went wrong if a part of it has failed.
     *
     * @throws StackException if so
     */
    void requireHealthy();

    @Override
    void close();
}
