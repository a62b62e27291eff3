package dev.fenceline.recorder.store;

import dev.fenceline.event.EventType;
import dev.fenceline.event.MalformedRecordException;
import dev.fenceline.event.SchemaVersion;
import dev.fenceline.event.WireReader;
import dev.fenceline.recorder.kafka.DeadLetter;
import dev.fenceline.recorder.kafka.PartitionLog;
import dev.fenceline.recorder.kafka.SessionKey;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.Topics;
import dev.fenceline.wire.UndecodableException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Turns Kafka records into rows of the store: {@link #accept} decodes them into column buffers, {@link #land} brings them in.
 *
 * <p>Rows, catalogue, dead letters and the offsets to go on from change in one transaction. So after a crash at any moment, reading
 * on from {@link Store#nextOffsets} neither loses nor doubles a record. A record that
 * Kafka has twice becomes one row too: an event is known by its seq, a derived record by what it says. There is one per store: it knows the sessions as it has landed
 * them itself. Not thread safe, but for this: one thread may land a sealed batch while another accepts records into the next one.
 *
 * <p>After a failed {@link #land} or {@link #landSealed} the batch is still there; {@code land} may be called again, on the same store
 * or, after {@link #moveTo}, on a reopened one.
 */
public final class Landing {
    private static final List<EventType> DERIVED =
            List.of(EventType.ALERT, EventType.VERDICT, EventType.SESSION_CHECKED);

    /**
     * What one transaction brought in.
     *
     * @param rows events, alerts and verdicts, without those that were there
     * @param tables how many tables they went to
     * @param deadLetters records that were none
     * @param lastSeqs for each session that moved, its last seq
     */
    public record Landed(int rows, int tables, int deadLetters, Map<UUID, Long> lastSeqs) {}

    private final WireReader in = new WireReader();
    private final EventCodec codec = new EventCodec();
    private final Map<UUID, SessionProgress> sessions = new HashMap<>();
    private volatile Store store;
    private Batch batch = new Batch();
    private volatile Batch spare = new Batch();
    private volatile @Nullable Batch sealed;
    private int nextNumber;
    private byte[] lastKey = new byte[0];
    private @Nullable SessionProgress lastSession;
    private long duplicates;
    private long unknownSchemas;

    Landing(Store store, Map<UUID, SessionProgress> known) {
        this.store = store;
        sessions.putAll(known);
        nextNumber = 1
                + known.values().stream()
                        .mapToInt(SessionProgress::number)
                        .max()
                        .orElse(0);
    }

    /** Whether events of this type come from the rules job and not from a recording. */
    static boolean isDerived(EventType type) {
        return DERIVED.contains(type);
    }

    /**
     * Takes in one record.
     *
     * @param log where it was read
     * @param offset its offset there; the store will go on after it
     * @param key its Kafka key as it came
     * @param value array that holds its bytes, {@code length} of them from {@code start}; not kept
     */
    public void accept(PartitionLog log, long offset, byte @Nullable [] key, byte[] value, int start, int length) {
        batch.passed(log, offset);
        try {
            append(log, session(key), value, start, length);
        } catch (UndecodableException e) {
            if (e.reason() == UndecodableException.Reason.UNKNOWN_SCHEMA) {
                unknownSchemas++;
            }
            bury(log, offset, key, value, start, length, e.reason().name(), e.getMessage());
        } catch (Misfit e) {
            bury(log, offset, key, value, start, length, e.reason, e.getMessage());
        }
    }

    /** Goes past a record without a value: in a compacted topic, the deletion of a key. */
    public void skip(PartitionLog log, long offset) {
        batch.passed(log, offset);
    }

    private void append(PartitionLog log, SessionProgress session, byte[] value, int start, int length)
            throws UndecodableException {
        SchemaVersion version = EventCodec.version(value, start, length);
        EventType type = version.type();
        boolean derived = isDerived(type);
        if (derived == log.topic().equals(Topics.EVENTS)) {
            throw new Misfit("MISPLACED", type.eventName() + " does not belong in " + log.topic());
        }
        in.over(value, start + EventCodec.HEADER_LENGTH, length - EventCodec.HEADER_LENGTH);
        try {
            long seq = in.number();
            long ts = in.number();
            if (seq < 1) {
                throw new MalformedRecordException("seq " + seq + " is no place in a log");
            }
            if (!derived && session.isDuplicate(seq)) {
                // Bytes that are no event are a dead letter whatever seq they seem to have.
                codec.decode(value, start, length);
                session.countDuplicate();
                batch.touch(session);
                duplicates++;
                return;
            }
            batch.buffer(type).append(version, in, session.number(), seq, ts);
            batch.countRow();
            batch.touch(session);
            if (!derived) {
                advance(session, type, seq, ts, value, start, length);
            }
        } catch (MalformedRecordException e) {
            throw new UndecodableException(
                    UndecodableException.Reason.CORRUPT, type.eventName() + " record is corrupt: " + e.getMessage());
        }
    }

    private void advance(
            SessionProgress session, EventType type, long seq, long ts, byte[] value, int start, int length)
            throws UndecodableException {
        long after = session.lastSeq();
        long missing = session.advance(type, seq, ts, value, start, length);
        if (missing > 0) {
            batch.gaps().add(new Batch.Gap(session.number(), after, seq, missing));
        }
        if (type == EventType.SESSION_START || type == EventType.SESSION_END || type == EventType.TRACE_LOST) {
            session.interpret(codec.decode(value, start, length));
        }
    }

    private SessionProgress session(byte @Nullable [] key) {
        SessionProgress last = lastSession;
        if (last != null && Arrays.equals(key, lastKey)) {
            return last;
        }
        UUID uuid = SessionKey.parse(key);
        if (uuid == null || key == null) {
            throw new Misfit("NO_SESSION", "the record's key is not the uuid of a session");
        }
        SessionProgress session = sessions.get(uuid);
        if (session == null) {
            session = new SessionProgress(nextNumber++, uuid);
            sessions.put(uuid, session);
        }
        lastKey = key.clone();
        lastSession = session;
        return session;
    }

    private void bury(
            PartitionLog log,
            long offset,
            byte @Nullable [] key,
            byte[] value,
            int start,
            int length,
            String reason,
            @Nullable String message) {
        batch.deadLetters()
                .add(new DeadLetter(
                        log.topic(),
                        log.partition(),
                        offset,
                        key,
                        Arrays.copyOfRange(value, start, start + length),
                        reason,
                        message == null ? reason : message));
    }

    /** How many rows wait to be landed. */
    public int rows() {
        return batch.rows();
    }

    /** Whether nothing waits, not even an offset. */
    public boolean isEmpty() {
        return batch.isEmpty();
    }

    /** The records of the waiting batch that could not be decoded. */
    public List<DeadLetter> deadLetters() {
        return Collections.unmodifiableList(batch.deadLetters());
    }

    /** How many records were dropped since the start because their seq had landed before. */
    public long duplicates() {
        return duplicates;
    }

    /** How many records since the start were of a schema that this build does not know. */
    public long unknownSchemas() {
        return unknownSchemas;
    }

    /**
     * Closes the waiting batch; what is accepted from now on waits in another one.
     *
     * @throws IllegalStateException if the last one that was sealed has not landed
     */
    public void seal() {
        if (sealed != null) {
            throw new IllegalStateException("the last sealed batch has not landed yet");
        }
        batch.seal();
        sealed = batch;
        batch = spare;
    }

    /** The records of the sealed batch that could not be decoded. */
    public List<DeadLetter> sealedDeadLetters() {
        Batch waiting = sealed;
        return waiting == null ? List.of() : Collections.unmodifiableList(waiting.deadLetters());
    }

    /**
     * Brings the sealed batch into the store, in one transaction. Another thread may do this while the next batch fills.
     *
     * @throws StoreException if that failed; then nothing of the batch is in the store and all of it still waits
     */
    public Landed landSealed() {
        Batch landing = sealed;
        if (landing == null) {
            throw new IllegalStateException("no batch is sealed");
        }
        int rows = store.insert(landing);
        Map<UUID, Long> lastSeqs = new HashMap<>();
        for (Catalogue.Row row : landing.catalogue()) {
            lastSeqs.put(row.record().uuid(), row.record().lastSeq());
        }
        Landed landed =
                new Landed(rows, landing.active().size(), landing.deadLetters().size(), Map.copyOf(lastSeqs));
        landing.clear();
        spare = landing;
        sealed = null;
        return landed;
    }

    /**
     * Brings what waits into the store, in one transaction: the sealed batch if there is one, else the other.
     *
     * @throws StoreException if that failed; then nothing of the batch is in the store and all of it still waits
     */
    public Landed land() {
        if (sealed == null) {
            seal();
        }
        return landSealed();
    }

    /** Goes on with a store that was reopened on the same file. */
    public void moveTo(Store reopened) {
        store = reopened;
    }

    /** A readable record in the wrong place. */
    private static final class Misfit extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final String reason;

        Misfit(String reason, String message) {
            super(message, null, false, false);
            this.reason = reason;
        }
    }
}
