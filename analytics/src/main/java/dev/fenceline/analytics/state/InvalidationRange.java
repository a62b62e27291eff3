package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.RangeReason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One running invalidation of a range of an mm, from mmu_notifier_invalidate_range_start to its end. */
public final class InvalidationRange extends KernelObject {
    long mm = Event.ABSENT;
    long start = Event.ABSENT;
    long end = Event.ABSENT;
    long blockable = Event.ABSENT;
    RangeReason reason = RangeReason.UNKNOWN;
    final List<Callback> callbacks = new ArrayList<>(1);

    InvalidationRange(long id) {
        super(id);
    }

    /** The callback of one notifier for the range: one pass, or two. */
    public static final class Callback {
        final long notifier;
        final long invalidateSeq;
        final long tid;
        boolean running = true;
        boolean refused;
        long lockSeq;
        long setSeq;
        long doneSeq;

        Callback(long notifier, long invalidateSeq, long tid) {
            this.notifier = notifier;
            this.invalidateSeq = invalidateSeq;
            this.tid = tid;
        }

        /** The notifier that was called. */
        public long notifier() {
            return notifier;
        }

        /** The seq of the call of its first pass. */
        public long invalidateSeq() {
            return invalidateSeq;
        }

        /**
         * The seq from which on new work sees the invalidation: the callback took the notifier lock for writing, or, where
         * the lock was not seen, set the sequence number or was called.
         */
        public long seenFromSeq() {
            if (lockSeq > 0) {
                return lockSeq;
            }
            return setSeq > 0 ? setSeq : invalidateSeq;
        }

        /** The seq of its last return; 0 if it did not return yet. */
        public long doneSeq() {
            return doneSeq;
        }

        /** Whether it returned false: the range was not invalidated for it. */
        public boolean refused() {
            return refused;
        }
    }

    /** The address space of the CPU; {@link Event#ABSENT} if unknown. */
    public long mm() {
        return mm;
    }

    /** Its first CPU address; {@link Event#ABSENT} if unknown. */
    public long start() {
        return start;
    }

    /** The CPU address after its last; {@link Event#ABSENT} if unknown. */
    public long end() {
        return end;
    }

    /** Whether its addresses are known. */
    public boolean hasBounds() {
        return start != Event.ABSENT && end != Event.ABSENT;
    }

    /** Whether it is known to hold all that the notifier guards. */
    public boolean covers(Notifier notifier) {
        return hasBounds()
                && notifier.hasBounds()
                && Long.compareUnsigned(start, notifier.start) <= 0
                && Long.compareUnsigned(notifier.end, end) <= 0;
    }

    /** Why the range is invalidated. */
    public RangeReason reason() {
        return reason;
    }

    /** Whether it is said that callbacks may sleep. */
    public boolean isBlockable() {
        return blockable == 1;
    }

    /** Whether it is said that callbacks must not sleep. */
    public boolean mustNotBlock() {
        return blockable == 0;
    }

    /** The callback that refused it; null if none did. */
    public @Nullable Callback refusal() {
        for (int i = 0; i < callbacks.size(); i++) {
            if (callbacks.get(i).refused) {
                return callbacks.get(i);
            }
        }
        return null;
    }

    /** How many notifiers were called for it. */
    public int callbackCount() {
        return callbacks.size();
    }

    /** The call of a notifier, in the order of the calls. */
    public Callback callback(int i) {
        return callbacks.get(i);
    }

    @Nullable Callback callbackOf(long notifier) {
        for (int i = 0; i < callbacks.size(); i++) {
            if (callbacks.get(i).notifier == notifier) {
                return callbacks.get(i);
            }
        }
        return null;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(mm);
        out.number(start);
        out.number(end);
        out.number(blockable);
        out.symbol(reason);
        out.number(callbacks.size());
        for (Callback callback : callbacks) {
            out.number(callback.notifier);
            out.number(callback.invalidateSeq);
            out.number(callback.tid);
            out.flag(callback.running);
            out.flag(callback.refused);
            out.number(callback.lockSeq);
            out.number(callback.setSeq);
            out.number(callback.doneSeq);
        }
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        mm = in.number();
        start = in.number();
        end = in.number();
        blockable = in.number();
        reason = in.symbol(RangeReason.values());
        int size = in.count();
        for (int i = 0; i < size; i++) {
            Callback callback = new Callback(in.number(), in.number(), in.number());
            callback.running = in.flag();
            callback.refused = in.flag();
            callback.lockSeq = in.number();
            callback.setSeq = in.number();
            callback.doneSeq = in.number();
            callbacks.add(callback);
        }
    }
}
