package dev.fenceline.crash;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Compares what two stores hold, whatever the order in which it came. */
final class StoreComparison {
    private StoreComparison() {}

    /** The rows of each table that one store has and the other has not; empty if they hold the same. */
    static Map<String, Long> differences(Path left, Path right) throws SQLException {
        Map<String, Long> differences = new TreeMap<>();
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("ATTACH '" + left + "' AS a (READ_ONLY)");
            statement.execute("ATTACH '" + right + "' AS b (READ_ONLY)");
            for (String table : tables(statement)) {
                long rows = count(
                        statement, "(" + except(table, "a", "b") + ") UNION ALL (" + except(table, "b", "a") + ")");
                if (rows > 0) {
                    differences.put(table, rows);
                }
            }
        }
        return differences;
    }

    /** How many rows all event tables and tables of derived records have. */
    static long rows(Path store) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("ATTACH '" + store + "' AS a (READ_ONLY)");
            long rows = 0;
            for (String table : tables(statement)) {
                if (!table.equals("session") && !table.equals("session_type")) {
                    rows += count(statement, "SELECT * FROM a." + table);
                }
            }
            return rows;
        }
    }

    /** All but where a recorder goes on reading, which counts what Kafka put between the records. */
    private static List<String> tables(Statement statement) throws SQLException {
        List<String> tables = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery("SELECT DISTINCT table_name FROM duckdb_tables()"
                + " WHERE table_name NOT IN ('kafka_offset', 'fenceline_store') ORDER BY table_name")) {
            while (rows.next()) {
                tables.add(rows.getString(1));
            }
        }
        return tables;
    }

    private static String except(String table, String one, String other) {
        return rowsOf(table, one) + " EXCEPT ALL " + rowsOf(table, other);
    }

    /** Sessions are numbered as they come: the same session may have another number in another store. */
    private static String rowsOf(String table, String store) {
        return switch (table) {
            case "session" -> "SELECT * EXCLUDE (number) FROM " + store + ".session";
            // A row for each transaction that brought such events: what it sums up to must be the same. But not the
            // fields that
            // may have values: a transaction notes those of all the sessions in it together.
            case "session_type" ->
                "SELECT uuid, event, min(t.first_seq), max(t.last_seq), sum(t.events) FROM " + store
                        + ".session_type AS t JOIN " + store + ".session ON session.number = t.session GROUP BY ALL";
            case "dead_letter" -> "SELECT * FROM " + store + ".dead_letter";
            default ->
                "SELECT uuid, rows.* EXCLUDE (session) FROM " + store + "." + table + " AS rows JOIN " + store
                        + ".session ON session.number = rows.session";
        };
    }

    private static long count(Statement statement, String query) throws SQLException {
        try (ResultSet result = statement.executeQuery("SELECT count(*) FROM (" + query + ")")) {
            result.next();
            return result.getLong(1);
        }
    }
}
