package dev.fenceline.recorder.store;

import dev.fenceline.event.EventType;
import dev.fenceline.event.SchemaVersion;
import dev.fenceline.event.WireReader;
import java.util.ArrayList;
import java.util.List;

/** The rows of one event type in a batch, column by column. */
final class EventBuffer {
    private static final int FIRST_CAPACITY = 256;

    private final EventTable table;
    private final ColumnBuffer.Integers session = new ColumnBuffer.Integers();
    private final ColumnBuffer.Numbers seq = new ColumnBuffer.Numbers();
    private final ColumnBuffer.Numbers ts = new ColumnBuffer.Numbers();
    private final ColumnBuffer.Integers cpu = new ColumnBuffer.Integers();
    private final ColumnBuffer.Integers tid = new ColumnBuffer.Integers();
    private final ColumnBuffer.Integers tgid = new ColumnBuffer.Integers();
    private final ColumnBuffer.Symbols source = new ColumnBuffer.Symbols(EventTable.SOURCES);
    private final ColumnBuffer[] fields;
    private final List<ColumnBuffer> columns;
    private final Extents extents = new Extents();
    private int capacity;
    private int rows;

    EventBuffer(EventTable table) {
        this.table = table;
        this.fields = table.columns().stream()
                .skip(EventTable.HEAD_COLUMNS)
                .map(ColumnBuffer::of)
                .toArray(ColumnBuffer[]::new);
        List<ColumnBuffer> all = new ArrayList<>(List.of(session, seq, ts, cpu, tid, tgid, source));
        all.addAll(List.of(fields));
        this.columns = List.copyOf(all);
    }

    /**
     * Takes the rest of an event's record as the next row; the reader stands behind {@code ts}.
     *
     * @throws dev.fenceline.event.MalformedRecordException if the record does not parse; then there is no new row
     */
    void append(SchemaVersion version, WireReader in, int sessionNumber, long seqOfEvent, long tsOfEvent) {
        int row = rows;
        if (row == capacity) {
            capacity = Math.max(FIRST_CAPACITY, capacity * 2);
            columns.forEach(column -> column.resize(capacity));
        }
        session.set(row, sessionNumber);
        seq.set(row, seqOfEvent);
        ts.set(row, tsOfEvent);
        cpu.read(in, row);
        tid.read(in, row);
        tgid.read(in, row);
        source.read(in, row);
        int present = version.fields();
        for (int i = 0; i < present; i++) {
            fields[i].read(in, row);
        }
        for (int i = present; i < fields.length; i++) {
            fields[i].absent(row);
        }
        if (in.remaining() != 0) {
            throw new dev.fenceline.event.MalformedRecordException(in.remaining() + " bytes are left over");
        }
        rows++;
        extents.include(sessionNumber, seqOfEvent);
    }

    Extents extents() {
        return extents;
    }

    EventType type() {
        return table.type();
    }

    /** Which fields any row of the batch has: bit i stands for field i. There are at most 64. */
    long fieldsPresent() {
        long present = 0;
        for (int i = 0; i < fields.length; i++) {
            if (!"NULL".equals(fields[i].literal())) {
                present |= 1L << i;
            }
        }
        return present;
    }

    TableBuffer buffer() {
        return new TableBuffer(table.quoted(), table.columns(), columns, rows);
    }

    int rows() {
        return rows;
    }

    void clear() {
        rows = 0;
        extents.clear();
        columns.forEach(ColumnBuffer::clear);
    }
}
