package dev.fenceline.recorder.store;

import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/**
 * Re-creates the events of a session, in the order of their seqs, from the tables they are spread over.
 *
 * <p>It goes window by window: of each type that the session has, the rows of the window, each put where its seq says. It sees the
 * store as it was when it was opened, whatever lands meanwhile. Not thread safe.
 */
public final class SessionReader implements AutoCloseable {
    private static final int WINDOW = 1 << 18;

    private final Store store;
    private final DuckDBConnection connection;
    private final SessionRecord session;
    private final List<TypeReader> readers = new ArrayList<>();
    private final long lastSeq;
    private final @Nullable Event[] window;
    private long windowStart;
    private int inWindow;
    private int position;

    SessionReader(Store store, DuckDBConnection connection, SessionRecord session, long fromSeq, long toSeq) {
        this.store = store;
        this.connection = connection;
        this.session = session;
        boolean opened = false;
        try {
            connection.setAutoCommit(false);
            findTypes();
            opened = true;
        } catch (SQLException e) {
            throw Store.failure(store.file(), "read session " + session.uuid() + " from", e);
        } finally {
            if (!opened) {
                close();
            }
        }
        long first = readers.stream().mapToLong(TypeReader::firstSeq).min().orElse(1);
        long last = readers.stream().mapToLong(TypeReader::lastSeq).max().orElse(0);
        this.lastSeq = Math.min(toSeq, last);
        this.windowStart = Math.max(fromSeq, first);
        this.window = new Event[(int) Math.max(0, Math.min(WINDOW, lastSeq - windowStart + 1))];
    }

    private void findTypes() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT event, min(first_seq), max(last_seq), bit_or(fields) FROM session_type WHERE session = "
                                + session.number() + " GROUP BY event")) {
            while (rows.next()) {
                EventType type = Objects.requireNonNull(EventType.named(rows.getString(1)));
                if (!Landing.isDerived(type)) {
                    readers.add(TypeReader.of(type, rows.getLong(2), rows.getLong(3), rows.getLong(4)));
                }
            }
        }
    }

    /**
     * The next event, or null after the last.
     *
     * @throws StoreException if the store cannot be read
     */
    public @Nullable Event next() {
        while (true) {
            while (position < inWindow) {
                Event event = window[position++];
                if (event != null) {
                    return event;
                }
            }
            if (windowStart > lastSeq || window.length == 0) {
                return null;
            }
            fill();
        }
    }

    private void fill() {
        long start = windowStart;
        long end = Math.min(lastSeq, start + window.length - 1);
        Arrays.fill(window, null);
        try {
            for (TypeReader reader : readers) {
                if (reader.firstSeq() <= end && reader.lastSeq() >= start) {
                    reader.read(connection, session.number(), start, end, window);
                }
            }
        } catch (SQLException e) {
            throw Store.failure(store.file(), "read session " + session.uuid() + " from", e);
        }
        position = 0;
        inWindow = (int) (end - start + 1);
        windowStart = end + 1;
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw Store.failure(store.file(), "finish reading", e);
        }
    }
}
