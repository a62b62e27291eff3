package dev.fenceline.recorder.store;

import dev.fenceline.event.EventType;
import dev.fenceline.recorder.kafka.DeadLetter;
import dev.fenceline.recorder.kafka.PartitionLog;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Everything that one transaction brings into the store. The column buffers stay allocated from batch to batch. */
final class Batch {
    /** A hole in a session's seqs: {@code missing} events between two that are there. */
    record Gap(int session, long afterSeq, long beforeSeq, long missing) {}

    private final Map<EventType, EventBuffer> buffers = new EnumMap<>(EventType.class);
    private final Set<SessionProgress> sessions = new LinkedHashSet<>();
    private final List<Catalogue.Row> catalogue = new ArrayList<>();
    private final List<Gap> gaps = new ArrayList<>();
    private final List<DeadLetter> deadLetters = new ArrayList<>();
    private final Map<PartitionLog, Long> nextOffsets = new LinkedHashMap<>();
    private @Nullable PartitionLog log;
    private long nextOffset;
    private @Nullable SessionProgress session;
    private int rows;

    EventBuffer buffer(EventType type) {
        EventBuffer buffer = buffers.get(type);
        if (buffer == null) {
            buffer = new EventBuffer(EventTable.of(type));
            buffers.put(type, buffer);
        }
        return buffer;
    }

    /** The buffers that have rows, in the order of the contract. */
    List<EventBuffer> active() {
        return buffers.values().stream().filter(buffer -> buffer.rows() > 0).toList();
    }

    /** Remembers to go on behind {@code offset}. Called for every record, so it only looks into the map when the log changes. */
    void passed(PartitionLog passed, long offset) {
        if (!passed.equals(log)) {
            rememberOffset();
            log = passed;
        }
        nextOffset = offset + 1;
    }

    private void rememberOffset() {
        if (log != null) {
            nextOffsets.put(log, nextOffset);
        }
    }

    /** Remembers that the session's row in the catalogue changes. */
    void touch(SessionProgress touched) {
        if (!touched.equals(session)) {
            sessions.add(touched);
            session = touched;
        }
    }

    void countRow() {
        rows++;
    }

    int rows() {
        return rows;
    }

    /** Fixes what the catalogue will say, so that the sessions may move on while this batch lands. */
    void seal() {
        catalogue.clear();
        for (SessionProgress touched : sessions) {
            catalogue.add(new Catalogue.Row(touched.record(), touched.digestState()));
        }
    }

    List<Catalogue.Row> catalogue() {
        return catalogue;
    }

    List<Gap> gaps() {
        return gaps;
    }

    List<DeadLetter> deadLetters() {
        return deadLetters;
    }

    Map<PartitionLog, Long> nextOffsets() {
        rememberOffset();
        return nextOffsets;
    }

    boolean isEmpty() {
        return log == null;
    }

    void clear() {
        buffers.values().forEach(EventBuffer::clear);
        sessions.clear();
        catalogue.clear();
        gaps.clear();
        deadLetters.clear();
        nextOffsets.clear();
        log = null;
        session = null;
        rows = 0;
    }
}
