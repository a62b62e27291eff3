package dev.fenceline.event;

import org.jspecify.annotations.Nullable;

/**
 * A version of an event's schema that was written at some time, found by its fingerprint. Fields are only ever appended, so an
 * older version is the current one with fewer fields.
 *
 * @param type the event
 * @param fields how many fields beyond the head that version has
 */
public record SchemaVersion(EventType type, int fields) {
    private static final int MASK;
    private static final long[] KEYS;
    private static final @Nullable SchemaVersion[] VERSIONS;

    static {
        int capacity = Integer.highestOneBit(EventTables.FINGERPRINTS.length) * 4;
        MASK = capacity - 1;
        KEYS = new long[capacity];
        VERSIONS = new SchemaVersion[capacity];
        EventType[] types = EventType.values();
        for (int i = 0; i < EventTables.FINGERPRINTS.length; i++) {
            int slot = slot(EventTables.FINGERPRINTS[i]);
            KEYS[slot] = EventTables.FINGERPRINTS[i];
            VERSIONS[slot] = new SchemaVersion(types[EventTables.TYPES[i]], EventTables.FIELD_COUNTS[i]);
        }
    }

    /** The version whose schema has this CRC-64-AVRO fingerprint, or null if this build does not know it. */
    public static @Nullable SchemaVersion find(long fingerprint) {
        return VERSIONS[slot(fingerprint)];
    }

    private static int slot(long fingerprint) {
        int slot = (int) (fingerprint ^ (fingerprint >>> 32)) & MASK;
        while (VERSIONS[slot] != null && KEYS[slot] != fingerprint) {
            slot = (slot + 1) & MASK;
        }
        return slot;
    }
}
