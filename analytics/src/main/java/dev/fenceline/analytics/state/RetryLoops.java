package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.HmmRangeFault;
import dev.fenceline.event.NotifierCheckRetry;
import dev.fenceline.event.NotifierReadBeginDone;
import dev.fenceline.event.NotifierReadRetry;
import dev.fenceline.event.NotifierRemoveDone;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The threads that fetch pages under a notifier again and again because invalidations come between; each is in one such loop. */
public final class RetryLoops implements StatePart {
    private static final long EBUSY = -16;

    private final StreamLedger ledger;
    private final ObjectTable<Loop> threads = new ObjectTable<>(Loop::new);

    RetryLoops(StreamLedger ledger) {
        this.ledger = ledger;
    }

    /** The collisions in a row of one thread under one notifier. */
    public static final class Loop extends KernelObject {
        long notifier = Event.ABSENT;
        long beganNs;
        long turnNs;
        long turnSeq;
        long collisions;

        Loop(long tid) {
            super(tid);
        }

        /** How many times in a row the pages were found stale. */
        public long collisions() {
            return collisions;
        }

        /** How long the loop had been going on when its last turn began, in ns. */
        public long turnAfterNs() {
            return turnNs - beganNs;
        }

        /** The seq at which its last turn began. */
        public long turnSeq() {
            return turnSeq;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(notifier);
            out.number(beganNs);
            out.number(turnNs);
            out.number(turnSeq);
            out.number(collisions);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            notifier = in.number();
            beganNs = in.number();
            turnNs = in.number();
            turnSeq = in.number();
            collisions = in.number();
        }
    }

    /** The loop under that notifier that the thread is in; null if it is in none. */
    public @Nullable Loop loop(long tid, long notifier) {
        Loop loop = threads.get(tid);
        return loop != null && loop.notifier == notifier && notifier != Event.ABSENT ? loop : null;
    }

    /** A fetch begins: a loop, unless it is a further turn of one. */
    void apply(NotifierReadBeginDone e) {
        Loop loop = touch(e, e.notifier());
        loop.turnNs = ledger.nowNs();
        loop.turnSeq = e.seq();
    }

    void apply(NotifierReadRetry e) {
        compared(e, e.notifier(), e.collided());
    }

    void apply(NotifierCheckRetry e) {
        compared(e, e.notifier(), e.collided());
    }

    private void compared(Event e, long notifier, boolean collided) {
        if (collided) {
            touch(e, notifier).collisions++;
        } else {
            end(loop(e.tid(), notifier));
        }
    }

    /** An error other than -EBUSY ends the loop of the thread. */
    void apply(HmmRangeFault e) {
        if (e.hasResult() && e.result() < 0 && e.result() != EBUSY) {
            end(loop(e.tid(), e.notifier()));
        }
    }

    void apply(NotifierRemoveDone e) {
        for (long tid : threads.ids()) {
            end(loop(tid, e.notifier()));
        }
    }

    /** The thread is back in user space, or has pages, or its work item is done. */
    void leave(Event e) {
        end(threads.get(e.tid()));
    }

    private Loop touch(Event e, long notifier) {
        Loop loop = loop(e.tid(), notifier);
        if (loop == null) {
            loop = threads.create(e.tid(), e.seq());
            loop.notifier = notifier;
            loop.beganNs = ledger.nowNs();
            loop.turnNs = loop.beganNs;
            loop.turnSeq = e.seq();
        }
        return loop;
    }

    private void end(@Nullable Loop loop) {
        if (loop != null) {
            threads.remove(loop);
        }
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        threads.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        threads.read(in);
    }
}
