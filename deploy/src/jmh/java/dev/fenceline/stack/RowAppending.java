package dev.fenceline.stack;

import dev.fenceline.event.Event;
import dev.fenceline.event.FieldSpec;
import dev.fenceline.event.FieldVisitor;
import dev.fenceline.event.LongList;
import java.sql.SQLException;
import java.util.List;
import org.duckdb.DuckDBAppender;

/** Appends an event to its table the way one does without column buffers. */
final class RowAppending implements FieldVisitor {
    private final DuckDBAppender appender;
    private final Event event;
    private int next;

    RowAppending(DuckDBAppender appender, Event event) {
        this.appender = appender;
        this.event = event;
    }

    void append() throws SQLException {
        appender.beginRow()
                .append(1)
                .append(event.seq())
                .append(event.ts())
                .append(event.cpu())
                .append(event.tid())
                .append(event.tgid())
                .append(event.source().name());
        event.forEachField(this);
        skipTo(event.eventType().fieldCount());
        appender.endRow();
    }

    private void skipTo(int field) {
        while (next < field) {
            put(appender::appendNull);
        }
    }

    private void put(FieldSpec field, Appending value) {
        skipTo(field.index());
        put(value);
    }

    private void put(Appending value) {
        try {
            Object unused = value.append();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        next++;
    }

    /** One call of the appender. */
    private interface Appending {
        Object append() throws SQLException;
    }

    @Override
    public void number(FieldSpec field, long value) {
        put(field, () -> appender.append(value));
    }

    @Override
    public void flag(FieldSpec field, boolean value) {
        put(field, () -> appender.append(value));
    }

    @Override
    public void text(FieldSpec field, String value) {
        put(field, () -> appender.append(value));
    }

    @Override
    public void bytes(FieldSpec field, byte[] value) {
        put(field, () -> appender.append(value));
    }

    @Override
    public void symbol(FieldSpec field, String value) {
        put(field, () -> appender.append(value));
    }

    @Override
    public void numbers(FieldSpec field, LongList value) {
        put(field, () -> appender.append(value.toArray()));
    }

    @Override
    public void symbols(FieldSpec field, List<String> value) {
        put(field, () -> appender.append(value));
    }

    @Override
    public void texts(FieldSpec field, List<String> value) {
        put(field, () -> appender.append(value));
    }
}
