package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The loops of threads that fetch pages under a notifier until no invalidation comes between. */
public final class RetryLoops implements StatePart {
    private final StreamLedger ledger;
    private final List<Loop> loops = new ArrayList<>();

    RetryLoops(StreamLedger ledger) {
        this.ledger = ledger;
    }

    /** The collisions in a row of one thread under one notifier. */
    public static final class Loop {
        final long tid;
        final long notifier;
        final long beganSeq;
        final long beganNs;
        long collisions;

        Loop(long tid, long notifier, long beganSeq, long beganNs) {
            this.tid = tid;
            this.notifier = notifier;
            this.beganSeq = beganSeq;
            this.beganNs = beganNs;
        }

        /** The seq of its first event. */
        public long beganSeq() {
            return beganSeq;
        }

        /** When it began, in ns of the session's clock. */
        public long beganNs() {
            return beganNs;
        }

        /** How many times in a row the pages were found stale. */
        public long collisions() {
            return collisions;
        }
    }

    /** The loop that the thread is in; null if its last comparison was a success or there was none. */
    public @Nullable Loop loop(long tid, long notifier) {
        for (int i = 0; i < loops.size(); i++) {
            if (loops.get(i).tid == tid && loops.get(i).notifier == notifier) {
                return loops.get(i);
            }
        }
        return null;
    }

    /** A fetch begins: a loop, unless it is a further turn of one. */
    void begin(Event e, long notifier) {
        Loop loop = loop(e.tid(), notifier);
        if (loop == null || loop.collisions == 0) {
            loops.remove(loop);
            loops.add(new Loop(e.tid(), notifier, e.seq(), ledger.nowNs()));
        }
    }

    void compared(Event e, long notifier, boolean collided) {
        Loop loop = loop(e.tid(), notifier);
        if (!collided) {
            loops.remove(loop);
            return;
        }
        if (loop == null) {
            loop = new Loop(e.tid(), notifier, e.seq(), ledger.nowNs());
            loops.add(loop);
        }
        loop.collisions++;
    }

    /** An error other than -EBUSY ends the loop of the thread. */
    void failed(HmmRangeFault e) {
        loops.remove(loop(e.tid(), e.notifier()));
    }

    /** The thread is back in user space, which decides whether to try again. */
    void leaveKernel(Event e) {
        loops.removeIf(loop -> loop.tid == e.tid());
    }

    void apply(NotifierRemoveDone e) {
        loops.removeIf(loop -> loop.notifier == e.notifier());
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        out.number(loops.size());
        for (Loop loop : loops) {
            out.number(loop.tid);
            out.number(loop.notifier);
            out.number(loop.beganSeq);
            out.number(loop.beganNs);
            out.number(loop.collisions);
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        int size = in.count();
        for (int i = 0; i < size; i++) {
            Loop loop = new Loop(in.number(), in.number(), in.number(), in.number());
            loop.collisions = in.number();
            loops.add(loop);
        }
    }
}
