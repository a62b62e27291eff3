package dev.fenceline.wire;

import dev.fenceline.event.Event;
import dev.fenceline.event.MalformedRecordException;
import dev.fenceline.event.SchemaVersion;
import dev.fenceline.event.Source;
import dev.fenceline.event.WireBuffer;
import dev.fenceline.event.WireReader;
import dev.fenceline.wire.UndecodableException.Reason;

/**
 * Avro single-object encoding of events: the marker C3 01, the fingerprint of the event's own schema, the record. Any Avro client
 * that has the schemas can read it.
 *
 * <p>Holds buffers: one codec per thread.
 */
public final class EventCodec {
    /** Bytes before the record: marker and fingerprint. */
    public static final int HEADER_LENGTH = 10;

    private static final int MARKER_0 = 0xC3;
    private static final int MARKER_1 = 0x01;
    private static final Source[] SOURCES = Source.values();

    private final WireBuffer buffer = new WireBuffer();
    private final WireReader reader = new WireReader();

    /** The wire form of an event, as an array of its own. */
    public byte[] encode(Event event) {
        encode(event, buffer.clear());
        return buffer.toByteArray();
    }

    /** Appends the wire form of an event. */
    public void encode(Event event, WireBuffer out) {
        out.putByte(MARKER_0);
        out.putByte(MARKER_1);
        out.putFixedLittleEndian(event.eventType().fingerprint());
        event.write(out);
    }

    /** The event in {@code bytes}. */
    public Event decode(byte[] bytes) throws UndecodableException {
        return decode(bytes, 0, bytes.length);
    }

    /** The event in {@code length} bytes from {@code offset}. */
    public Event decode(byte[] bytes, int offset, int length) throws UndecodableException {
        SchemaVersion version = version(bytes, offset, length);
        try {
            reader.over(bytes, offset + HEADER_LENGTH, length - HEADER_LENGTH);
            Event event = read(version);
            if (reader.remaining() != 0) {
                throw new MalformedRecordException(reader.remaining() + " bytes are left over");
            }
            return event;
        } catch (MalformedRecordException e) {
            throw new UndecodableException(
                    Reason.CORRUPT, version.type().eventName() + " record is corrupt: " + e.getMessage());
        }
    }

    private Event read(SchemaVersion version) {
        long seq = reader.number();
        long ts = reader.number();
        int cpu = reader.smallNumber();
        int tid = reader.smallNumber();
        int tgid = reader.smallNumber();
        Source source = SOURCES[reader.ordinal(SOURCES.length)];
        Event.Builder<?> fields = version.type().newBuilder();
        fields.readFields(reader, version.fields());
        return fields.build(seq, ts, cpu, tid, tgid, source);
    }

    /** Which schema the bytes say they were written with. */
    public static SchemaVersion version(byte[] bytes, int offset, int length) throws UndecodableException {
        if (length < HEADER_LENGTH) {
            throw new UndecodableException(
                    Reason.TOO_SHORT, length + " bytes are too short for a single-object header of " + HEADER_LENGTH);
        }
        if ((bytes[offset] & 0xFF) != MARKER_0 || bytes[offset + 1] != MARKER_1) {
            throw new UndecodableException(Reason.BAD_MARKER, "does not begin with the single-object marker C3 01");
        }
        long fingerprint = 0;
        for (int i = 0; i < 8; i++) {
            fingerprint |= (bytes[offset + 2 + i] & 0xFFL) << (8 * i);
        }
        SchemaVersion version = SchemaVersion.find(fingerprint);
        if (version == null) {
            throw new UndecodableException(
                    Reason.UNKNOWN_SCHEMA,
                    "schema fingerprint %016x is not known to this build".formatted(fingerprint));
        }
        return version;
    }
}
