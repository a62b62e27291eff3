package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.HmmRangeFault;
import dev.fenceline.event.NotifierCheckRetry;
import dev.fenceline.event.NotifierReadBeginDone;
import dev.fenceline.event.NotifierReadRetry;
import dev.fenceline.event.NotifierRemoveDone;
import dev.fenceline.event.VmaPin;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongHashSet;
import org.jspecify.annotations.Nullable;

/**
 * The threads that fetch pages under a notifier again and again because invalidations come between. A thread may be in such a loop
 * for several notifiers at once: a submission fetches what any of them lost, and then looks at all.
 */
public final class RetryLoops implements StatePart {
    private static final long EBUSY = -16;

    private final StreamLedger ledger;
    private final Notifiers notifiers;
    private final ObjectTable<FetchingThread> threads = new ObjectTable<>(FetchingThread::new);
    /** The threads that are in a loop for the notifier. */
    private final Long2ObjectHashMap<LongHashSet> byNotifier = new Long2ObjectHashMap<>();

    RetryLoops(StreamLedger ledger, Notifiers notifiers) {
        this.ledger = ledger;
        this.notifiers = notifiers;
    }

    /** The collisions in a row of one thread under one notifier. */
    public static final class Loop {
        final long notifier;
        final long beganSeq;
        final long beganNs;
        long turnNs;
        long turnSeq;
        long collisions;

        Loop(long notifier, long beganSeq, long beganNs) {
            this.notifier = notifier;
            this.beganSeq = beganSeq;
            this.beganNs = beganNs;
            this.turnNs = beganNs;
            this.turnSeq = beganSeq;
        }

        /** The seq at which it began. */
        public long beganSeq() {
            return beganSeq;
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

        private void write(SnapshotWriter out) throws IOException {
            out.number(notifier);
            out.number(beganSeq);
            out.number(beganNs);
            out.number(turnNs);
            out.number(turnSeq);
            out.number(collisions);
        }

        private static Loop read(SnapshotReader in) throws IOException {
            Loop loop = new Loop(in.number(), in.number(), in.number());
            loop.turnNs = in.number();
            loop.turnSeq = in.number();
            loop.collisions = in.number();
            return loop;
        }
    }

    private static final class FetchingThread extends KernelObject {
        final List<Loop> loops = new ArrayList<>(2);

        FetchingThread(long tid) {
            super(tid);
        }

        @Nullable Loop loop(long notifier) {
            for (Loop loop : loops) {
                if (loop.notifier == notifier) {
                    return loop;
                }
            }
            return null;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(loops.size());
            for (Loop loop : loops) {
                loop.write(out);
            }
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            int size = in.count();
            for (int i = 0; i < size; i++) {
                loops.add(Loop.read(in));
            }
        }
    }

    /** The loop under that notifier that the thread is in; null if it is in none. */
    public @Nullable Loop loop(long tid, long notifier) {
        FetchingThread thread = threads.get(tid);
        return thread == null ? null : thread.loop(notifier);
    }

    /** A fetch begins: a loop, unless it is a further turn of one. */
    void apply(NotifierReadBeginDone e) {
        if (e.hasNotifier()) {
            Loop loop = touch(e, e.notifier());
            loop.turnNs = ledger.nowNs();
            loop.turnSeq = e.seq();
        }
    }

    void apply(NotifierReadRetry e) {
        compared(e, e.notifier(), e.collided());
    }

    void apply(NotifierCheckRetry e) {
        compared(e, e.notifier(), e.collided());
    }

    private void compared(Event e, long notifier, boolean collided) {
        if (!collided) {
            end(e.tid(), notifier);
        } else if (notifier != Event.ABSENT) {
            touch(e, notifier).collisions++;
        }
    }

    /** An error other than -EBUSY ends the loop of the thread. */
    void apply(HmmRangeFault e) {
        if (e.hasResult() && e.result() < 0 && e.result() != EBUSY) {
            end(e.tid(), e.notifier());
        }
    }

    /** The mapping has its pages, or the thread gives up; if nobody said which notifier is the mapping's, all that it fetches. */
    void apply(VmaPin e) {
        long notifier = notifiers.statedFor(e.vma());
        if (notifier == Event.ABSENT) {
            leave(e);
        } else {
            end(e.tid(), notifier);
        }
    }

    void apply(NotifierRemoveDone e) {
        LongHashSet tids = byNotifier.remove(e.notifier());
        if (tids != null) {
            tids.forEachLong(tid -> end(tid, e.notifier()));
        }
    }

    /** The thread is back in user space, or its work item is done. */
    void leave(Event e) {
        FetchingThread thread = threads.get(e.tid());
        if (thread != null) {
            threads.remove(thread);
            for (Loop loop : thread.loops) {
                forget(loop.notifier, thread.id);
            }
        }
    }

    private Loop touch(Event e, long notifier) {
        FetchingThread thread = threads.get(e.tid());
        if (thread == null) {
            thread = threads.create(e.tid(), e.seq());
        }
        Loop loop = thread.loop(notifier);
        if (loop == null) {
            loop = new Loop(notifier, e.seq(), ledger.nowNs());
            thread.loops.add(loop);
            remember(notifier, thread.id);
        }
        return loop;
    }

    private void end(long tid, long notifier) {
        FetchingThread thread = threads.get(tid);
        Loop loop = thread == null ? null : thread.loop(notifier);
        if (thread != null && loop != null) {
            thread.loops.remove(loop);
            forget(notifier, tid);
            if (thread.loops.isEmpty()) {
                threads.remove(thread);
            }
        }
    }

    private void remember(long notifier, long tid) {
        LongHashSet tids = byNotifier.get(notifier);
        if (tids == null) {
            tids = new LongHashSet(4);
            byNotifier.put(notifier, tids);
        }
        tids.add(tid);
    }

    private void forget(long notifier, long tid) {
        LongHashSet tids = byNotifier.get(notifier);
        if (tids != null) {
            tids.remove(tid);
            if (tids.isEmpty()) {
                byNotifier.remove(notifier);
            }
        }
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        threads.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        threads.read(in);
        for (long tid : threads.ids()) {
            FetchingThread thread = threads.get(tid);
            for (int i = 0; thread != null && i < thread.loops.size(); i++) {
                remember(thread.loops.get(i).notifier, tid);
            }
        }
    }
}
