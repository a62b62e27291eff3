package dev.fenceline.recorder.kafka;

import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The Kafka key of every Fenceline record: the session's uuid as text, which keeps a session in one partition. */
public final class SessionKey {
    private static final int LENGTH = 36;

    private SessionKey() {}

    /** The session a key names, or null if it names none. */
    public static @Nullable UUID parse(byte @Nullable [] key) {
        if (key == null || key.length != LENGTH) {
            return null;
        }
        try {
            return UUID.fromString(new String(key, StandardCharsets.US_ASCII));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
