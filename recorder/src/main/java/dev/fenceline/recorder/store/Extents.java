package dev.fenceline.recorder.store;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the rows of one event type lie, session by session. */
final class Extents {
    private final List<Extent> extents = new ArrayList<>();
    private @Nullable Extent last;

    void include(int session, long seq) {
        extentOf(session).include(seq);
    }

    private Extent extentOf(int session) {
        Extent known = last;
        if (known != null && known.session == session) {
            return known;
        }
        for (Extent extent : extents) {
            if (extent.session == session) {
                last = extent;
                return extent;
            }
        }
        Extent created = new Extent(session);
        extents.add(created);
        last = created;
        return created;
    }

    List<Extent> all() {
        return Collections.unmodifiableList(extents);
    }

    void clear() {
        extents.clear();
        last = null;
    }

    /** What there is of one session. */
    static final class Extent {
        private final int session;
        private long firstSeq = Long.MAX_VALUE;
        private long lastSeq = Long.MIN_VALUE;
        private int events;

        private Extent(int session) {
            this.session = session;
        }

        private void include(long seq) {
            firstSeq = Math.min(firstSeq, seq);
            lastSeq = Math.max(lastSeq, seq);
            events++;
        }

        int session() {
            return session;
        }

        long firstSeq() {
            return firstSeq;
        }

        long lastSeq() {
            return lastSeq;
        }

        int events() {
            return events;
        }
    }
}
