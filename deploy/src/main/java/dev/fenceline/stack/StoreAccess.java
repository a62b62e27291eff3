package dev.fenceline.stack;

import dev.fenceline.event.Event;
import dev.fenceline.recorder.store.SessionRecord;
import dev.fenceline.recorder.store.SqlRejectedException;
import dev.fenceline.recorder.store.SqlResult;
import dev.fenceline.recorder.store.StoreException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reading the store, whoever has it open. DuckDB lets one process write a file and nobody else look meanwhile; so while a stack is
 * up its process answers, and otherwise the file is opened here, to read only. Callers see no difference.
 */
public interface StoreAccess extends AutoCloseable {
    /** How long a stack may take from opening the store to telling how to reach it, or from untelling to letting it go. */
    Duration BETWEEN_STACKS = Duration.ofSeconds(20);

    /**
     * The store of a data directory: through the stack that is up on it, else directly. A stack that is just starting or stopping is
     * waited for.
     *
     * @throws StoreException if there is no store, or it cannot be opened
     */
    static StoreAccess of(DataDirectory directory) {
        long deadline = System.nanoTime() + BETWEEN_STACKS.toNanos();
        while (true) {
            Optional<RunningStack> stack = RunningStack.on(directory);
            if (stack.isPresent()) {
                return new RemoteStore(stack.get());
            }
            try {
                return new LocalStore(directory);
            } catch (StoreException e) {
                if (!Files.exists(directory.store())
                        || e.kind() != StoreException.Kind.CANNOT_OPEN
                        || !String.valueOf(e.getMessage()).contains("open in another process")
                        || System.nanoTime() > deadline) {
                    throw e;
                }
            }
            SessionWatch.pause();
        }
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
