package dev.fenceline.recorder.store;

import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.FieldSpec;
import dev.fenceline.event.LongList;
import dev.fenceline.event.Source;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.duckdb.DuckDBChunkedResult;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBPreparedStatement;
import org.duckdb.DuckDBReadableVector;
import org.jspecify.annotations.Nullable;

/**
 * Reads rows of one table back as events.
 *
 * @param fields those that any of the rows has, in the order of the schema
 * @param firstSeq first seq of the session in this table
 * @param lastSeq last seq of the session in this table
 */
record TypeReader(EventTable table, List<FieldSpec> fields, long firstSeq, long lastSeq) {
    private static final Source[] SOURCES = Source.values();
    /** A query has the head without the session, then the fields. */
    private static final int FIRST_FIELD = EventTable.HEAD_COLUMNS - 1;

    /** A reader of the rows of {@code type}; bit i of {@code present} says whether any has field i. */
    static TypeReader of(EventType type, long firstSeq, long lastSeq, long present) {
        List<FieldSpec> fields = type.fields().stream()
                .filter(field -> (present & 1L << field.index()) != 0)
                .toList();
        return new TypeReader(EventTable.of(type), fields, firstSeq, lastSeq);
    }

    /** Puts the events with seqs from {@code start} to {@code end} into {@code window}, whose first place is for {@code start}. */
    void read(DuckDBConnection connection, int session, long start, long end, @Nullable Event[] window)
            throws SQLException {
        try (DuckDBPreparedStatement statement = connection.prepare(select(session, start, end));
                DuckDBChunkedResult result = statement.query()) {
            while (result.nextChunk()) {
                read(result.chunk(), start, window);
            }
        }
    }

    private String select(int session, long start, long end) {
        List<String> columns = new ArrayList<>();
        table.columns().subList(1, EventTable.HEAD_COLUMNS).forEach(column -> columns.add(expression(column)));
        fields.forEach(field -> columns.add(expression(table.columns().get(EventTable.HEAD_COLUMNS + field.index()))));
        return "SELECT " + String.join(", ", columns) + " FROM " + table.quoted() + " WHERE session = " + session
                + " AND seq BETWEEN " + start + " AND " + end;
    }

    private static String expression(EventTable.Column column) {
        return column.form().fromTable(column.quoted(), column.symbols());
    }

    private void read(DuckDBDataChunkReader chunk, long start, @Nullable Event[] window) {
        int rows = (int) chunk.rowCount();
        Event.Builder<?>[] builders = new Event.Builder<?>[rows];
        for (int row = 0; row < rows; row++) {
            builders[row] = table.type().newBuilder();
        }
        for (int i = 0; i < fields.size(); i++) {
            set(fields.get(i), chunk.vector(FIRST_FIELD + i), builders);
        }
        DuckDBReadableVector seq = chunk.vector(0);
        DuckDBReadableVector ts = chunk.vector(1);
        DuckDBReadableVector cpu = chunk.vector(2);
        DuckDBReadableVector tid = chunk.vector(3);
        DuckDBReadableVector tgid = chunk.vector(4);
        DuckDBReadableVector source = chunk.vector(5);
        for (int row = 0; row < rows; row++) {
            long place = seq.getLong(row);
            window[(int) (place - start)] = builders[row].build(
                    place,
                    ts.getLong(row),
                    cpu.getInt(row),
                    tid.getInt(row),
                    tgid.getInt(row),
                    SOURCES[source.getInt(row, 1) - 1]);
        }
    }

    private static void set(FieldSpec field, DuckDBReadableVector values, Event.Builder<?>[] builders) {
        int index = field.index();
        for (int row = 0; row < builders.length; row++) {
            if (values.isNull(row)) {
                continue;
            }
            Event.Builder<?> event = builders[row];
            switch (field.kind()) {
                case NUMBER -> event.setNumber(index, values.getLong(row));
                case FLAG -> event.setFlag(index, values.getBoolean(row));
                case SYMBOL -> event.setSymbol(index, field.symbols().get(values.getInt(row) - 1));
                case TEXT -> event.setText(index, values.getString(row));
                case BYTES -> event.setBytes(index, HexFormat.of().parseHex(values.getString(row)));
                case NUMBERS -> event.setNumbers(index, numbers(values.getString(row)));
                case SYMBOLS -> event.setSymbols(index, elements(values.getString(row)));
                case TEXTS -> event.setTexts(index, texts(values.getString(row)));
            }
        }
    }

    private static LongList numbers(String text) {
        return LongList.of(elements(text).stream().mapToLong(Long::parseLong).toArray());
    }

    private static List<String> elements(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(",", -1));
    }

    private static List<String> texts(String text) {
        return elements(text).stream()
                .map(element -> new String(HexFormat.of().parseHex(element.substring(1)), StandardCharsets.UTF_8))
                .toList();
    }
}
