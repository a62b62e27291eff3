package dev.fenceline.recorder.store;

import java.sql.Array;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.duckdb.DuckDBStruct;
import org.jspecify.annotations.Nullable;

/** Runs users' SQL: one statement, and only if it reads. */
final class SqlQuery {
    /** DuckDB serialises only SELECT and its relatives (FROM, VALUES, WITH, SHOW, DESCRIBE), which makes it the judge of what reads. */
    private static final String VERDICT = """
            SELECT parsed ->> 'error_type', parsed ->> 'error_message', json_array_length(parsed -> 'statements')
            FROM (SELECT json_serialize_sql(?) AS parsed)""";

    private SqlQuery() {}

    static SqlResult run(Connection connection, String sql, int limit) throws SQLException, SqlRejectedException {
        connection.setAutoCommit(true);
        requireOneReadingStatement(connection, sql);
        try (Statement guard = connection.createStatement()) {
            guard.execute("BEGIN TRANSACTION READ ONLY");
        }
        try (Statement statement = connection.createStatement()) {
            ResultSet rows = statement.executeQuery(sql);
            return read(rows, limit);
        } catch (SQLException e) {
            throw new SqlRejectedException(String.valueOf(e.getMessage()).strip());
        }
    }

    private static void requireOneReadingStatement(Connection connection, String sql)
            throws SQLException, SqlRejectedException {
        try (PreparedStatement judge = connection.prepareStatement(VERDICT)) {
            judge.setString(1, sql);
            try (ResultSet verdict = judge.executeQuery()) {
                verdict.next();
                String errorType = verdict.getString(1);
                if ("not implemented".equals(errorType)) {
                    throw new SqlRejectedException(
                            "only a statement that reads is allowed here: SELECT, FROM, WITH, VALUES, SHOW, DESCRIBE, SUMMARIZE");
                }
                if (errorType != null) {
                    throw new SqlRejectedException(String.valueOf(verdict.getString(2)));
                }
                int statements = verdict.getInt(3);
                if (statements != 1) {
                    throw new SqlRejectedException("one statement at a time, not " + statements);
                }
            }
        }
    }

    private static SqlResult read(ResultSet rows, int limit) throws SQLException {
        ResultSetMetaData meta = rows.getMetaData();
        List<SqlResult.Column> columns = new ArrayList<>();
        for (int i = 1; i <= meta.getColumnCount(); i++) {
            columns.add(new SqlResult.Column(meta.getColumnLabel(i), meta.getColumnTypeName(i)));
        }
        List<List<@Nullable Object>> values = new ArrayList<>();
        boolean more = rows.next();
        while (more && values.size() < limit) {
            List<@Nullable Object> row = new ArrayList<>(columns.size());
            for (int i = 1; i <= columns.size(); i++) {
                row.add(plain(rows.getObject(i)));
            }
            values.add(Collections.unmodifiableList(row));
            more = rows.next();
        }
        return new SqlResult(List.copyOf(columns), Collections.unmodifiableList(values), more);
    }

    private static @Nullable Object plain(@Nullable Object value) throws SQLException {
        if (value instanceof Array array) {
            List<@Nullable Object> list = new ArrayList<>();
            for (Object element : (@Nullable Object[]) array.getArray()) {
                list.add(plain(element));
            }
            return list;
        }
        if (value instanceof Blob blob) {
            return blob.getBytes(1, (int) blob.length());
        }
        if (value instanceof DuckDBStruct struct) {
            return plain(struct.getMap());
        }
        if (value instanceof Map<?, ?> map) {
            Map<@Nullable Object, @Nullable Object> copy = new LinkedHashMap<>();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                copy.put(plain(entry.getKey()), plain(entry.getValue()));
            }
            return copy;
        }
        return value;
    }
}
