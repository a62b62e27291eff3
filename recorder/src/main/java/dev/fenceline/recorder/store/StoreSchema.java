package dev.fenceline.recorder.store;

import dev.fenceline.event.EventType;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Creates and widens the tables. All event tables exist from the start, so that a question about an event that never happened has an
 * empty answer and not an error.
 *
 * <p>Measured for the 290 tables of the contract, two cores: creating tables and comments once takes about a second, opening a file
 * that has them 0.05 s. See the benchmarks of deploy.
 */
final class StoreSchema {
    /** Raised when a Fenceline and a store of another version no longer understand each other. */
    private static final int FORMAT = 2;

    private static final String OWN_TABLES = """
            CREATE TABLE fenceline_store (format INTEGER);
            INSERT INTO fenceline_store VALUES (%d);
            CREATE TABLE session (
                number INTEGER PRIMARY KEY, uuid UUID, scenario VARCHAR, seed BIGINT, parameters VARCHAR, producer VARCHAR,
                producer_version VARCHAR, driver VARCHAR, kernel VARCHAR, host VARCHAR, replay_of UUID, first_seq BIGINT,
                last_seq BIGINT, first_ts BIGINT, last_ts BIGINT, events BIGINT, lost BIGINT, duplicates BIGINT, ended BOOLEAN,
                status VARCHAR, reason VARCHAR, digest VARCHAR, digest_ok BOOLEAN, content_digest VARCHAR, digest_state BLOB);
            CREATE TABLE kafka_offset (
                topic VARCHAR, topic_id VARCHAR, partition INTEGER, next_offset BIGINT, PRIMARY KEY (topic_id, partition));
            CREATE TABLE dead_letter (
                topic VARCHAR, partition INTEGER, "offset" BIGINT, reason VARCHAR, message VARCHAR, key BLOB, value BLOB);
            CREATE TABLE session_gap (session INTEGER, after_seq BIGINT, before_seq BIGINT, missing BIGINT);
            CREATE TABLE session_type (
                session INTEGER, event VARCHAR, first_seq BIGINT, last_seq BIGINT, events BIGINT, fields BIGINT);
            COMMENT ON TABLE session_type IS
                'Which events a session has and where: a row for each event type that a transaction brought. Sum over it.';
            COMMENT ON COLUMN session_type.events IS 'How many events of this type the transaction brought.';
            COMMENT ON COLUMN session_type.fields IS 'Bit i: the i-th field may have values.';
            COMMENT ON TABLE fenceline_store IS 'The format of this file.';
            COMMENT ON TABLE session IS 'The catalogue: one row for each session that has begun to land.';
            COMMENT ON COLUMN session.number IS 'Number in this store; the column session of every event table.';
            COMMENT ON COLUMN session.uuid IS 'The session''s own id, the same in every store.';
            COMMENT ON COLUMN session.scenario IS 'What was simulated; NULL for a capture.';
            COMMENT ON COLUMN session.parameters IS 'Parameters of the scenario, as JSON.';
            COMMENT ON COLUMN session.replay_of IS 'The session that this one replays.';
            COMMENT ON COLUMN session.last_seq IS 'The last event that landed.';
            COMMENT ON COLUMN session.events IS 'How many events landed.';
            COMMENT ON COLUMN session.lost IS 'How many events are known to be missing.';
            COMMENT ON COLUMN session.duplicates IS 'How many events arrived a second time and were dropped.';
            COMMENT ON COLUMN session.ended IS 'Whether session_end has landed.';
            COMMENT ON COLUMN session.status IS 'OPEN, COMPLETE, LOSSY (events are missing) or CORRUPT (it contradicts itself).';
            COMMENT ON COLUMN session.reason IS 'Why it is LOSSY or CORRUPT.';
            COMMENT ON COLUMN session.digest IS 'The digest that session_end carries, hexadecimal.';
            COMMENT ON COLUMN session.digest_ok IS 'Whether the landed events have that digest; NULL if there is none to compare.';
            COMMENT ON COLUMN session.content_digest IS 'Digest without start and end: equal for a session and its replay.';
            COMMENT ON COLUMN session.digest_state IS 'What the recorder needs to go on digesting after a restart.';
            COMMENT ON TABLE kafka_offset IS 'Where the recorder goes on reading, changed with the rows in one transaction.';
            COMMENT ON TABLE dead_letter IS 'Kafka records that are no events, as they came.';
            COMMENT ON TABLE session_gap IS 'Holes in the seqs of sessions.';
            """;

    private StoreSchema() {}

    static void prepare(Connection connection) throws SQLException {
        Map<String, Set<String>> present = columnsPresent(connection);
        StringBuilder script = new StringBuilder();
        if (!present.containsKey("fenceline_store")) {
            script.append(OWN_TABLES.formatted(FORMAT));
        } else {
            requireKnownFormat(connection);
        }
        for (EventType type : EventType.values()) {
            EventTable table = EventTable.of(type);
            Set<String> columns = present.get(table.name());
            if (columns == null) {
                script.append(table.creation()).append(table.comments());
            } else {
                table.columns().stream()
                        .filter(column -> !columns.contains(column.name()))
                        .forEach(column -> script.append(table.addition(column)));
            }
        }
        if (!script.isEmpty()) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("BEGIN TRANSACTION;\n" + script + "COMMIT;");
            }
        }
    }

    private static Map<String, Set<String>> columnsPresent(Connection connection) throws SQLException {
        Map<String, Set<String>> present = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT table_name, list(column_name) FROM duckdb_columns() WHERE NOT internal GROUP BY ALL")) {
            while (rows.next()) {
                Object[] names = (Object[]) rows.getArray(2).getArray();
                Set<String> columns = new HashSet<>();
                for (Object name : names) {
                    columns.add(name.toString());
                }
                present.put(rows.getString(1), columns);
            }
        }
        return present;
    }

    static void requireKnownFormat(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT max(format) FROM fenceline_store")) {
            rows.next();
            int format = rows.getInt(1);
            if (format != FORMAT) {
                throw new StoreException(
                        StoreException.Kind.CANNOT_OPEN,
                        "the store is of format " + format + ", this Fenceline writes format " + FORMAT
                                + ". Open it with the Fenceline that wrote it, or name another store with --data DIR.",
                        null);
            }
        }
    }

    /** The columns of {@link SessionRecord}, in its order, and the digest state. */
    static List<String> catalogueColumns() {
        return List.of(
                "number",
                "uuid",
                "scenario",
                "seed",
                "parameters",
                "producer",
                "producer_version",
                "driver",
                "kernel",
                "host",
                "replay_of",
                "first_seq",
                "last_seq",
                "first_ts",
                "last_ts",
                "events",
                "lost",
                "duplicates",
                "ended",
                "status",
                "reason",
                "digest",
                "digest_ok",
                "content_digest",
                "digest_state");
    }
}
