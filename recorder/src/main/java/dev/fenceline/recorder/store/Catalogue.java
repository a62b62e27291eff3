package dev.fenceline.recorder.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads and writes the rows of the table {@code session}. */
final class Catalogue {
    private static final String SELECT =
            "SELECT " + String.join(", ", StoreSchema.catalogueColumns()) + " FROM session ORDER BY number";
    private static final String UPSERT = "INSERT OR REPLACE INTO session ("
            + String.join(", ", StoreSchema.catalogueColumns()) + ") VALUES ("
            + "?, ".repeat(StoreSchema.catalogueColumns().size() - 1) + "?)";

    private Catalogue() {}

    static List<SessionRecord> sessions(Connection connection) throws SQLException {
        List<SessionRecord> sessions = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(SELECT)) {
            while (rows.next()) {
                sessions.add(record(rows));
            }
        }
        return sessions;
    }

    static Map<UUID, SessionProgress> progress(Connection connection) throws SQLException {
        Map<UUID, SessionProgress> sessions = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(SELECT)) {
            while (rows.next()) {
                SessionRecord record = record(rows);
                sessions.put(record.uuid(), new SessionProgress(record, rows.getBytes("digest_state")));
            }
        }
        return sessions;
    }

    private static SessionRecord record(ResultSet row) throws SQLException {
        return new SessionRecord(
                row.getInt("number"),
                (UUID) row.getObject("uuid"),
                row.getString("scenario"),
                (Long) row.getObject("seed"),
                row.getString("parameters"),
                row.getString("producer"),
                row.getString("producer_version"),
                row.getString("driver"),
                row.getString("kernel"),
                row.getString("host"),
                (UUID) row.getObject("replay_of"),
                row.getLong("first_seq"),
                row.getLong("last_seq"),
                row.getLong("first_ts"),
                row.getLong("last_ts"),
                row.getLong("events"),
                row.getLong("lost"),
                row.getLong("duplicates"),
                row.getBoolean("ended"),
                SessionStatus.valueOf(row.getString("status")),
                row.getString("reason"),
                row.getString("digest"),
                (Boolean) row.getObject("digest_ok"),
                row.getString("content_digest"));
    }

    /**
     * A session as it will be when its batch has landed.
     *
     * @param digestState what {@code SessionDigest.resume} needs
     */
    @SuppressWarnings("ArrayRecordComponent") // on its way into a column, compared by nobody
    record Row(SessionRecord record, byte[] digestState) {}

    static void write(Connection connection, Iterable<Row> rows) throws SQLException {
        try (PreparedStatement upsert = connection.prepareStatement(UPSERT)) {
            for (Row row : rows) {
                SessionRecord record = row.record();
                int column = 1;
                upsert.setInt(column++, record.number());
                upsert.setObject(column++, record.uuid());
                for (@Nullable Object value : new @Nullable Object[] {
                    record.scenario(),
                    record.seed(),
                    record.parameters(),
                    record.producer(),
                    record.producerVersion(),
                    record.driver(),
                    record.kernel(),
                    record.host(),
                    record.replayOf(),
                    record.firstSeq(),
                    record.lastSeq(),
                    record.firstTs(),
                    record.lastTs(),
                    record.events(),
                    record.lost(),
                    record.duplicates(),
                    record.ended(),
                    record.status().name(),
                    record.reason(),
                    record.digest(),
                    record.digestOk(),
                    record.contentDigest()
                }) {
                    upsert.setObject(column++, value);
                }
                upsert.setBytes(column, row.digestState());
                upsert.executeUpdate();
            }
        }
    }
}
