package dev.fenceline.stack;

import dev.fenceline.event.Event;
import dev.fenceline.recorder.store.SessionRecord;
import dev.fenceline.recorder.store.SqlRejectedException;
import dev.fenceline.recorder.store.SqlResult;
import java.util.List;
import java.util.function.Consumer;

/**
 * Reading the store, whoever has it open. DuckDB lets one process write a file and nobody else look meanwhile; so while a stack is
 * up its process answers, and otherwise the file is opened here, to read only. Callers see no difference.
 */
public interface StoreAccess extends AutoCloseable {
    /** The store of a data directory: through the stack that is up on it, else directly. */
    static StoreAccess of(DataDirectory directory) {
        return RunningStack.on(directory).<StoreAccess>map(RemoteStore::new).orElseGet(() -> new LocalStore(directory));
    }

    /**
     * Answers a question in SQL.
     *
     * @param limit most rows to return
     * @throws SqlRejectedException if it is not one reading statement, or DuckDB finds fault with it
     */
    SqlResult query(String sql, int limit) throws SqlRejectedException;

    /** All sessions, in the order they first arrived. */
    List<SessionRecord> sessions();

    /** The sessions that a number or the beginning of a uuid may mean. */
    List<SessionRecord> sessionsMatching(String designation);

    /** Gives the events of a session to {@code sink}, in order of seq. */
    void events(SessionRecord session, Consumer<? super Event> sink);

    @Override
    void close();
}
