package dev.fenceline.analytics.flink;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Something the check of a session says (an alert, a verdict, that it is done), encoded, with the topic it belongs to. Immutable
 * by agreement: nobody writes to {@link #wire()}.
 */
final class DerivedRecord {
    private final String topic;
    private final String session;
    private final byte[] wire;

    DerivedRecord(String topic, String session, byte[] wire) {
        this.topic = topic;
        this.session = session;
        this.wire = wire;
    }

    String topic() {
        return topic;
    }

    /** The session's uuid as text. */
    String session() {
        return session;
    }

    /** The derived record in wire form, not copied. */
    byte[] wire() {
        return wire;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DerivedRecord that
                && topic.equals(that.topic)
                && session.equals(that.session)
                && Arrays.equals(wire, that.wire);
    }

    @Override
    public int hashCode() {
        return Objects.hash(topic, session, Arrays.hashCode(wire));
    }

    @Override
    public String toString() {
        return session + " to " + topic + " (" + wire.length + " bytes)";
    }
}
