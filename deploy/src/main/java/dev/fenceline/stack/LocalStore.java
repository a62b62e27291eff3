package dev.fenceline.stack;

import dev.fenceline.event.Event;
import dev.fenceline.recorder.store.SessionReader;
import dev.fenceline.recorder.store.SessionRecord;
import dev.fenceline.recorder.store.SqlRejectedException;
import dev.fenceline.recorder.store.SqlResult;
import dev.fenceline.recorder.store.Store;
import dev.fenceline.recorder.store.StoreOptions;
import java.util.List;
import java.util.function.Consumer;

/** The store as a file that this process opens, or has open. */
final class LocalStore implements StoreAccess {
    private final Store store;
    private final boolean owned;

    LocalStore(DataDirectory directory) {
        this.store = Store.openReadOnly(directory.store(), StoreOptions.defaults());
        this.owned = true;
    }

    /** Reads a store that somebody else in this process has open and will close. */
    LocalStore(Store open) {
        this.store = open;
        this.owned = false;
    }

    @Override
    public SqlResult query(String sql, int limit) throws SqlRejectedException {
        return store.query(sql, limit);
    }

    @Override
    public List<SessionRecord> sessions() {
        return store.sessions();
    }

    @Override
    public List<SessionRecord> sessionsMatching(String designation) {
        return store.sessionsMatching(designation);
    }

    @Override
    public void events(SessionRecord session, Consumer<? super Event> sink) {
        try (SessionReader reader = store.read(session)) {
            for (Event event = reader.next(); event != null; event = reader.next()) {
                sink.accept(event);
            }
        }
    }

    @Override
    public void close() {
        if (owned) {
            store.close();
        }
    }
}
