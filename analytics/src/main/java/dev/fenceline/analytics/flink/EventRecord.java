package dev.fenceline.analytics.flink;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One event as it lies in Kafka: still encoded, so that it is decoded once, by the operator that needs it. Immutable by
 * agreement: nobody writes to {@link #wire()}.
 */
final class EventRecord {
    private final String session;
    private final byte[] wire;
    private final int partition;
    private final long offset;

    EventRecord(String session, byte[] wire, int partition, long offset) {
        this.session = session;
        this.wire = wire;
        this.partition = partition;
        this.offset = offset;
    }

    /** The session's uuid as text: the record's key. */
    String session() {
        return session;
    }

    /** The record's value, not copied. */
    byte[] wire() {
        return wire;
    }

    /** Where it lies in the topic, for messages. */
    int partition() {
        return partition;
    }

    long offset() {
        return offset;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof EventRecord that
                && session.equals(that.session)
                && partition == that.partition
                && offset == that.offset
                && Arrays.equals(wire, that.wire);
    }

    @Override
    public int hashCode() {
        return Objects.hash(session, partition, offset);
    }

    @Override
    public String toString() {
        return session + " at partition " + partition + " offset " + offset + " (" + wire.length + " bytes)";
    }
}
