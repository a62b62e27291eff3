package dev.fenceline.recorder.store;

import java.security.SecureRandom;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDataChunkWriter;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBTableFunction;
import org.duckdb.DuckDBTableFunctionBindInfo;
import org.duckdb.DuckDBTableFunctionCallInfo;
import org.duckdb.DuckDBTableFunctionInitInfo;
import org.jspecify.annotations.Nullable;

/**
 * The table function through which the rows of a buffer enter DuckDB: vectors filled column by column, no row and no statement
 * parameter anywhere.
 *
 * <p>DuckDB shows registered functions to every connection of the file, users' included. The function therefore answers only for the
 * ticket of the insertion that is running.
 */
final class LandingFunction implements DuckDBTableFunction<LandingFunction.Rows, Object, Object> {
    private static final String NAME = "fenceline_landing";

    /** The rows on offer; {@code next} is the first one that is not loaded yet. */
    static final class Rows {
        private final List<ColumnBuffer> columns = new ArrayList<>();
        private final List<String> names = new ArrayList<>();
        private final List<DuckDBColumnType> types = new ArrayList<>();
        private final int count;
        private int next;

        private Rows(int count) {
            this.count = count;
        }
    }

    private final SecureRandom random = new SecureRandom();
    private long ticket;
    private @Nullable Rows offered;

    private LandingFunction() {}

    static LandingFunction register(DuckDBConnection connection) throws SQLException {
        LandingFunction function = new LandingFunction();
        try (var builder = DuckDBFunctions.tableFunction()) {
            builder.withName(NAME)
                    .withParameter(DuckDBColumnType.BIGINT)
                    .withFunction(function)
                    .register(connection);
        }
        return function;
    }

    /** Offers the rows of {@code buffer} and says the statement that inserts them. */
    synchronized String offer(TableBuffer buffer) {
        Offer offer = newOffer(buffer, List.of());
        return "INSERT INTO " + buffer.table() + " (" + String.join(", ", offer.targets) + ") SELECT "
                + String.join(", ", offer.values) + " FROM " + NAME + "(" + ticket + ")";
    }

    /**
     * Offers the rows of {@code buffer} and says the statement that inserts those of them that {@code identity} does not find in
     * the table already, each once. It returns session and seq of the rows that it inserted.
     */
    synchronized String offer(TableBuffer buffer, RowIdentity identity) {
        Offer offer = newOffer(buffer, identity.columns());
        List<String> named = new ArrayList<>();
        for (int i = 0; i < offer.targets.size(); i++) {
            named.add(offer.values.get(i) + " AS " + offer.targets.get(i));
        }
        String targets = String.join(", ", offer.targets);
        return "INSERT INTO " + buffer.table() + " (" + targets + ") SELECT DISTINCT ON ("
                + String.join(", ", identity.columns()) + ") " + targets + " FROM (SELECT " + String.join(", ", named)
                + " FROM " + NAME + "(" + ticket + ")) fresh WHERE NOT EXISTS (SELECT 1 FROM " + buffer.table()
                + " landed WHERE " + identity.condition() + ") ORDER BY session, seq RETURNING session, seq";
    }

    /** The columns that are filled, and what with. */
    private record Offer(List<String> targets, List<String> values) {}

    /** Columns that are NULL in all rows are left out, except those of {@code needed}. */
    private Offer newOffer(TableBuffer buffer, List<String> needed) {
        Rows rows = new Rows(buffer.rows());
        Offer offer = new Offer(new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < buffer.columns().size(); i++) {
            EventTable.Column column = buffer.columns().get(i);
            ColumnBuffer data = buffer.data().get(i);
            String literal = data.literal();
            if ("NULL".equals(literal) && !needed.contains(column.name())) {
                continue;
            }
            offer.targets.add(column.quoted());
            if (literal == null) {
                rows.columns.add(data);
                rows.names.add(column.name());
                rows.types.add(column.form().vectorType());
                offer.values.add(column.form().toTable(column.quoted()));
            } else {
                offer.values.add(literal);
            }
        }
        offered = rows;
        ticket = random.nextLong();
        return offer;
    }

    /** Takes the offer back. */
    synchronized void withdraw() {
        offered = null;
    }

    @Override
    public synchronized Rows bind(DuckDBTableFunctionBindInfo info) throws SQLException {
        Rows rows = offered;
        if (rows == null || info.getParameter(0).getLong() != ticket) {
            throw new SQLException(NAME + " serves the recorder only");
        }
        // One answer per offer: whoever guesses the ticket of a running insertion finds nothing.
        offered = null;
        for (int i = 0; i < rows.columns.size(); i++) {
            info.addResultColumn(rows.names.get(i), rows.types.get(i));
        }
        info.setCardinality(rows.count, true);
        return rows;
    }

    @Override
    public @Nullable Object init(DuckDBTableFunctionInitInfo info) {
        // Rows of a session stay in order, so that reading a window of a session touches few row groups.
        info.setMaxThreads(1);
        return null;
    }

    @Override
    public long apply(DuckDBTableFunctionCallInfo info, DuckDBDataChunkWriter chunk) {
        Rows rows = info.getBindData();
        int count = (int) Math.min(chunk.capacity(), rows.count - rows.next);
        if (count > 0) {
            for (int i = 0; i < rows.columns.size(); i++) {
                rows.columns.get(i).load(chunk.vector(i), rows.next, count);
            }
            rows.next += count;
        }
        return count;
    }
}
