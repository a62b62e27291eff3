package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import dev.fenceline.event.UserQueueState;
import java.io.IOException;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/** A user-mode queue: where its doorbell is, what it needs to run, and the fences for the work in it. */
public final class UserQueue extends KernelObject {
    private static final UserQueueState[] STATES = UserQueueState.values();
    private static final int PAIR = 2;

    long client = Event.ABSENT;
    long doorbellBo = Event.ABSENT;
    long offset = Event.ABSENT;
    long index = Event.ABSENT;
    UserQueueState state = UserQueueState.UNKNOWN;
    long stateSeq;
    long timerSeq;
    long unguardedSeq;
    long unguardedNs = Event.ABSENT;
    long resetSeq;
    long doorbellGoneSeq;
    /** Addresses it needs, and the seq at which each was unmapped, 0 while it is mapped. */
    final LongArrayList addresses = new LongArrayList();
    /** Fences that are not signalled: fence and seq of its making. */
    final LongArrayList pending = new LongArrayList();

    UserQueue(long id) {
        super(id);
    }

    /** Its state as last told; UNKNOWN if it was not. */
    public UserQueueState state() {
        return state;
    }

    /** The seq at which its state was last told. */
    public long stateSeq() {
        return stateSeq;
    }

    /** Whether the hardware may run it. */
    public boolean isMapped() {
        return state == UserQueueState.MAPPED;
    }

    /** Whether it is known to be off the hardware, for good or until it is mapped again. Of which nothing was told may be on it. */
    public boolean isOffHardware() {
        return state != UserQueueState.MAPPED && state != UserQueueState.UNKNOWN;
    }

    /** The seq at which the BO of its doorbell lost its pin, or ended, while the queue was off the hardware; 0 if it is there. */
    public long doorbellGoneSeq() {
        return doorbellGoneSeq;
    }

    /** The seq since when it has fences and neither a timer nor a reset; 0 while that is not so. */
    public long unguardedSeq() {
        return unguardedSeq;
    }

    /** The session's time in ns since when that is so; {@link Event#ABSENT} while it is not. */
    public long unguardedNs() {
        return unguardedNs;
    }

    /** How many fences are pending. */
    public int pendingCount() {
        return pending.size() / PAIR;
    }

    /** A pending fence, the oldest at 0. */
    public long pendingFence(int i) {
        return pending.getLong(PAIR * i);
    }

    /** The seq at which it was made. */
    public long pendingSeq(int i) {
        return pending.getLong(PAIR * i + 1);
    }

    /** Whether it needs what is mapped in {@code length} bytes from {@code address}. */
    public boolean needs(long address, long length) {
        for (int i = 0; i < addresses.size(); i += PAIR) {
            if (isIn(addresses.getLong(i), address, length)) {
                return true;
            }
        }
        return false;
    }

    /** The seq at which an address it needs was unmapped; 0 if all are mapped, as far as is known. */
    public long unmappedSeq() {
        for (int i = 0; i < addresses.size(); i += PAIR) {
            if (addresses.getLong(i + 1) > 0) {
                return addresses.getLong(i + 1);
            }
        }
        return 0;
    }

    void needs(@Nullable LongList needed) {
        for (int i = 0; needed != null && i < needed.size(); i++) {
            if (!needs(needed.get(i), 1)) {
                addresses.addLong(needed.get(i));
                addresses.addLong(0);
            }
        }
    }

    /** What it needs in that range is unmapped at {@code seq}, or mapped again with 0. */
    void mapped(long address, long length, long seq) {
        for (int i = 0; i < addresses.size(); i += PAIR) {
            if (isIn(addresses.getLong(i), address, length)) {
                addresses.setLong(i + 1, seq);
            }
        }
    }

    private static boolean isIn(long address, long start, long length) {
        return Long.compareUnsigned(address - start, length) < 0;
    }

    void add(long fence, long seq) {
        pending.addLong(fence);
        pending.addLong(seq);
    }

    void remove(long fence) {
        for (int i = pending.size() - PAIR; i >= 0; i -= PAIR) {
            if (pending.getLong(i) == fence) {
                DmaBuf.removeRange(pending, i, PAIR);
            }
        }
    }

    /** Notes since when fences are pending that nothing guards. */
    void watch(long seq, long nowNs) {
        if (pending.isEmpty() || timerSeq > 0 || resetSeq > 0) {
            unguardedSeq = 0;
            unguardedNs = Event.ABSENT;
        } else if (unguardedSeq == 0) {
            unguardedSeq = seq;
            unguardedNs = nowNs;
        }
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(client);
        out.number(doorbellBo);
        out.number(offset);
        out.number(index);
        out.symbol(state);
        out.number(stateSeq);
        out.number(timerSeq);
        out.number(unguardedSeq);
        out.number(unguardedNs);
        out.number(resetSeq);
        out.number(doorbellGoneSeq);
        out.numbers(addresses);
        out.numbers(pending);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        client = in.number();
        doorbellBo = in.number();
        offset = in.number();
        index = in.number();
        state = in.symbol(STATES);
        stateSeq = in.number();
        timerSeq = in.number();
        unguardedSeq = in.number();
        unguardedNs = in.number();
        resetSeq = in.number();
        doorbellGoneSeq = in.number();
        in.numbers(addresses);
        in.numbers(pending);
    }
}
