package dev.fenceline.recorder.store;

import dev.fenceline.recorder.kafka.PartitionLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * The DuckDB file that holds everything that was recorded.
 *
 * <p>One process opens it for writing; within that process one thread lands, while any number of threads read: each reader sees the
 * last transaction. Several processes may open it read-only when nobody writes.
 */
public final class Store implements AutoCloseable {
    /** DuckDB shares one instance among the connections of a process, which would hide a second writer from it. */
    private static final Set<Path> OPEN_FOR_WRITING = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final DuckDBConnection connection;
    private final @Nullable LandingFunction landingFunction;

    private Store(Path file, DuckDBConnection connection, @Nullable LandingFunction landingFunction) {
        this.file = file;
        this.connection = connection;
        this.landingFunction = landingFunction;
    }

    /**
     * Opens the store in {@code file} for recording; creates file and tables if they are missing.
     *
     * @throws StoreException CANNOT_OPEN if another process has it open, it is no store, or of a newer format
     */
    public static Store open(Path file, StoreOptions options) {
        Path absolute = file.toAbsolutePath().normalize();
        if (!OPEN_FOR_WRITING.add(absolute)) {
            throw new StoreException(
                    StoreException.Kind.CANNOT_OPEN, "this process already records into the store " + absolute, null);
        }
        boolean opened = false;
        try {
            Files.createDirectories(absolute.getParent());
            DuckDBConnection connection = connect(absolute, options, false);
            try {
                StoreSchema.prepare(connection);
                LandingFunction function = LandingFunction.register(connection);
                opened = true;
                return new Store(absolute, connection, function);
            } finally {
                if (!opened) {
                    connection.close();
                }
            }
        } catch (SQLException e) {
            throw failure(absolute, "open", e);
        } catch (IOException e) {
            throw new StoreException(
                    StoreException.Kind.CANNOT_OPEN,
                    "cannot create the directory of the store " + absolute + ": " + e,
                    e);
        } finally {
            if (!opened) {
                OPEN_FOR_WRITING.remove(absolute);
            }
        }
    }

    /**
     * Opens an existing store to read only.
     *
     * @throws StoreException CANNOT_OPEN if there is none, or another process records into it
     */
    public static Store openReadOnly(Path file, StoreOptions options) {
        Path absolute = file.toAbsolutePath().normalize();
        if (!Files.exists(absolute)) {
            throw new StoreException(
                    StoreException.Kind.CANNOT_OPEN,
                    "there is no store at " + absolute + ". Record something first, or name another with --data DIR.",
                    null);
        }
        try {
            DuckDBConnection connection = connect(absolute, options, true);
            boolean known = false;
            try {
                StoreSchema.requireKnownFormat(connection);
                known = true;
            } finally {
                if (!known) {
                    connection.close();
                }
            }
            return new Store(absolute, connection, null);
        } catch (SQLException e) {
            throw failure(absolute, "open", e);
        }
    }

    private static DuckDBConnection connect(Path file, StoreOptions options, boolean readOnly) throws SQLException {
        Properties settings = new Properties();
        settings.setProperty("memory_limit", options.memoryLimit());
        settings.setProperty("threads", Integer.toString(options.threads()));
        settings.setProperty("temp_directory", file + ".tmp");
        // A large transaction goes to the write-ahead log first; checkpoints are dear with hundreds of tables.
        settings.setProperty("wal_autocheckpoint", "256MB");
        settings.setProperty("autoinstall_known_extensions", "false");
        settings.setProperty("autoload_known_extensions", "false");
        if (readOnly) {
            settings.setProperty("duckdb.read_only", "true");
        }
        DuckDBConnection connection =
                DriverManager.getConnection("jdbc:duckdb:" + file, settings).unwrap(DuckDBConnection.class);
        boolean locked = false;
        try (Statement statement = connection.createStatement()) {
            // Users' SQL must not reach beyond this file, and must not be able to change that.
            statement.execute("SET enable_external_access = false");
            statement.execute("SET lock_configuration = true");
            locked = true;
            return connection;
        } finally {
            if (!locked) {
                connection.close();
            }
        }
    }

    /** What a DuckDB error means to whoever runs Fenceline. */
    static StoreException failure(Path file, String what, SQLException cause) {
        String message = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
        String lower = message.toLowerCase(Locale.ROOT);
        if (lower.contains("no space left")
                || lower.contains("disk full")
                || lower.contains("failed to allocate block")) {
            return new StoreException(
                    StoreException.Kind.DISK_FULL,
                    "the disk of the store " + file + " is full (" + message
                            + "). Nothing is lost: the transaction did not"
                            + " happen and the events are still in Kafka. Make room and start the recorder again; it goes on"
                            + " where it was.",
                    cause);
        }
        if (lower.contains("could not set lock")) {
            return new StoreException(
                    StoreException.Kind.CANNOT_OPEN,
                    "the store " + file + " is open in another process (" + message
                            + "). Ask that process, stop it, or name" + " another store with --data DIR.",
                    cause);
        }
        return new StoreException(
                "open".equals(what) ? StoreException.Kind.CANNOT_OPEN : StoreException.Kind.FAILED,
                "cannot " + what + " the store " + file + ": " + message,
                cause);
    }

    public Path file() {
        return file;
    }

    /** A new landing that goes on where the last transaction ended. Only one may be in use. */
    public Landing landing() {
        try {
            return new Landing(this, Catalogue.progress(connection));
        } catch (SQLException e) {
            throw failure(file, "read the catalogue of", e);
        }
    }

    /** Where to go on reading each partition; a partition that is missing here starts at its beginning. */
    public Map<PartitionLog, Long> nextOffsets() {
        try (Connection reading = connection.duplicate();
                Statement statement = reading.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT topic, topic_id, partition, next_offset FROM kafka_offset")) {
            Map<PartitionLog, Long> offsets = new LinkedHashMap<>();
            while (rows.next()) {
                offsets.put(new PartitionLog(rows.getString(1), rows.getString(2), rows.getInt(3)), rows.getLong(4));
            }
            return offsets;
        } catch (SQLException e) {
            throw failure(file, "read the offsets of", e);
        }
    }

    /** The catalogue, in the order the sessions first arrived. */
    public List<SessionRecord> sessions() {
        try (Connection reading = connection.duplicate()) {
            return Catalogue.sessions(reading);
        } catch (SQLException e) {
            throw failure(file, "read the catalogue of", e);
        }
    }

    /** The session with this uuid, null if nothing of it has landed. */
    public @Nullable SessionRecord session(UUID uuid) {
        return sessions().stream()
                .filter(s -> s.uuid().equals(uuid))
                .findFirst()
                .orElse(null);
    }

    /**
     * The sessions that a person may mean by {@code designation}: the number, or the beginning of the uuid. More than one if it is
     * ambiguous.
     */
    public List<SessionRecord> sessionsMatching(String designation) {
        String wanted = designation.toLowerCase(Locale.ROOT);
        List<SessionRecord> sessions = sessions();
        List<SessionRecord> byNumber = sessions.stream()
                .filter(s -> Integer.toString(s.number()).equals(wanted))
                .toList();
        return byNumber.isEmpty()
                ? sessions.stream()
                        .filter(s -> s.uuid().toString().startsWith(wanted))
                        .toList()
                : byNumber;
    }

    /** Reads the events of a session from {@code fromSeq} to {@code toSeq}, both included. */
    public SessionReader read(SessionRecord session, long fromSeq, long toSeq) {
        try {
            return new SessionReader(
                    this, connection.duplicate().unwrap(DuckDBConnection.class), session, fromSeq, toSeq);
        } catch (SQLException e) {
            throw failure(file, "read session " + session.uuid() + " from", e);
        }
    }

    /** Reads a whole session. */
    public SessionReader read(SessionRecord session) {
        return read(session, 1, Long.MAX_VALUE);
    }

    /**
     * Answers a question in SQL: one statement that only reads.
     *
     * @param limit most rows to return
     * @throws SqlRejectedException if it is not one reading statement, or DuckDB finds fault with it
     */
    public SqlResult query(String sql, int limit) throws SqlRejectedException {
        try (Connection reading = connection.duplicate()) {
            return SqlQuery.run(reading, sql, limit);
        } catch (SQLException e) {
            throw failure(file, "query", e);
        }
    }

    /**
     * Inserts a batch, all of it or nothing, without the derived records that are there already.
     *
     * @return how many rows are new
     */
    int insert(Batch batch) {
        LandingFunction function = landingFunction;
        if (function == null) {
            throw new IllegalStateException("the store was opened to read only");
        }
        boolean committed = false;
        try {
            // In SQL and not by the driver's commit(): when a commit fails, the driver goes on believing in a
            // transaction that
            // is gone, and the statements of the next one would each commit by themselves.
            execute("BEGIN TRANSACTION");
            List<SessionTypeTable.Brought> brought = new ArrayList<>();
            for (EventBuffer buffer : batch.active()) {
                Extents extents =
                        Landing.isDerived(buffer.type()) ? insertFresh(function, buffer) : insertAll(function, buffer);
                brought.add(new SessionTypeTable.Brought(buffer.type(), buffer.fieldsPresent(), extents.all()));
            }
            TableBuffer types = SessionTypeTable.rows(brought);
            if (types.rows() > 0) {
                insert(function, types);
            }
            if (!batch.deadLetters().isEmpty()) {
                insert(function, DeadLetterTable.rows(batch.deadLetters()));
            }
            writeGaps(batch.gaps());
            Catalogue.write(connection, batch.catalogue());
            writeOffsets(batch.nextOffsets());
            execute("COMMIT");
            committed = true;
            return brought.stream()
                    .flatMap(type -> type.extents().stream())
                    .mapToInt(Extents.Extent::events)
                    .sum();
        } catch (SQLException e) {
            throw failure(file, "land " + batch.rows() + " rows in", e);
        } finally {
            if (!committed) {
                rollBack();
            }
        }
    }

    private Extents insertAll(LandingFunction function, EventBuffer buffer) throws SQLException {
        insert(function, buffer.buffer());
        return buffer.extents();
    }

    private Extents insertFresh(LandingFunction function, EventBuffer buffer) throws SQLException {
        Extents inserted = new Extents();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(function.offer(buffer.buffer(), RowIdentity.of(buffer)))) {
            while (rows.next()) {
                inserted.include(rows.getInt(1), rows.getLong(2));
            }
        } finally {
            function.withdraw();
        }
        return inserted;
    }

    private void insert(LandingFunction function, TableBuffer buffer) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            long inserted = statement.executeLargeUpdate(function.offer(buffer));
            if (inserted != buffer.rows()) {
                throw new SQLException(
                        "inserted " + inserted + " of " + buffer.rows() + " rows into " + buffer.table());
            }
        } finally {
            function.withdraw();
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void writeGaps(List<Batch.Gap> gaps) throws SQLException {
        if (gaps.isEmpty()) {
            return;
        }
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO session_gap VALUES (?, ?, ?, ?)")) {
            for (Batch.Gap gap : gaps) {
                insert.setInt(1, gap.session());
                insert.setLong(2, gap.afterSeq());
                insert.setLong(3, gap.beforeSeq());
                insert.setLong(4, gap.missing());
                insert.executeUpdate();
            }
        }
    }

    private void writeOffsets(Map<PartitionLog, Long> offsets) throws SQLException {
        try (PreparedStatement upsert =
                connection.prepareStatement("INSERT OR REPLACE INTO kafka_offset VALUES (?, ?, ?, ?)")) {
            for (Map.Entry<PartitionLog, Long> offset : offsets.entrySet()) {
                upsert.setString(1, offset.getKey().topic());
                upsert.setString(2, offset.getKey().topicId());
                upsert.setInt(3, offset.getKey().partition());
                upsert.setLong(4, offset.getValue());
                upsert.executeUpdate();
            }
        }
    }

    private void rollBack() {
        try {
            execute("ROLLBACK");
        } catch (SQLException e) {
            // The failure that led here is on its way to the caller; DuckDB has given the transaction up already.
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw failure(file, "close", e);
        } finally {
            if (landingFunction != null) {
                OPEN_FOR_WRITING.remove(file);
            }
        }
    }
}
