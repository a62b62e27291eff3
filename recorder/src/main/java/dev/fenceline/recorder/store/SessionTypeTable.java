package dev.fenceline.recorder.store;

import dev.fenceline.event.EventType;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The table that says which types a session has, where, and with which fields: a few rows for each transaction. Without it, a reader
 * would have to ask each of the hundreds of tables for each of its columns.
 */
final class SessionTypeTable {
    private static final List<EventTable.Column> COLUMNS = List.of(
            column("session", ColumnForm.INTEGER),
            column("event", ColumnForm.TEXT),
            column("first_seq", ColumnForm.NUMBER),
            column("last_seq", ColumnForm.NUMBER),
            column("events", ColumnForm.NUMBER),
            column("fields", ColumnForm.NUMBER));

    private SessionTypeTable() {}

    /**
     * What a transaction brought of one type.
     *
     * @param fields bit i: the i-th field may have values
     */
    record Brought(EventType type, long fields, List<Extents.Extent> extents) {}

    static TableBuffer rows(List<Brought> types) {
        ColumnBuffer.Integers session = new ColumnBuffer.Integers();
        ColumnBuffer.Texts event = new ColumnBuffer.Texts();
        ColumnBuffer.Numbers firstSeq = new ColumnBuffer.Numbers();
        ColumnBuffer.Numbers lastSeq = new ColumnBuffer.Numbers();
        ColumnBuffer.Numbers events = new ColumnBuffer.Numbers();
        ColumnBuffer.Numbers fields = new ColumnBuffer.Numbers();
        List<ColumnBuffer> data = List.of(session, event, firstSeq, lastSeq, events, fields);
        int rows = types.stream().mapToInt(type -> type.extents().size()).sum();
        data.forEach(column -> column.resize(rows));
        int row = 0;
        for (Brought type : types) {
            byte[] name = type.type().eventName().getBytes(StandardCharsets.US_ASCII);
            for (Extents.Extent extent : type.extents()) {
                session.set(row, extent.session());
                event.set(row, name);
                firstSeq.set(row, extent.firstSeq());
                lastSeq.set(row, extent.lastSeq());
                events.set(row, extent.events());
                fields.set(row, type.fields());
                row++;
            }
        }
        return new TableBuffer("session_type", COLUMNS, data, rows);
    }

    private static EventTable.Column column(String name, ColumnForm form) {
        return new EventTable.Column(name, form, List.of(), "");
    }
}
