package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.LockMode;
import java.io.IOException;
import java.util.Arrays;

/** What a thread holds: its locks, and the comparisons of notifier sequence numbers it made under them. */
public final class ThreadLocks extends KernelObject {
    private static final LockClass[] CLASSES = LockClass.values();
    private static final LockMode[] MODES = LockMode.values();

    int held;
    long[] locks = new long[4];
    LockClass[] classes = new LockClass[4];
    LockMode[] modes = new LockMode[4];
    long[] acquireSeqs = new long[4];

    int checked;
    long[] notifiers = new long[2];
    long[] numbers = new long[2];
    long[] checkSeqs = new long[2];
    boolean[] collisions = new boolean[2];

    long callbackRange = Event.ABSENT;
    long callbackNotifier = Event.ABSENT;

    ThreadLocks(long tid) {
        super(tid);
    }

    /** How many locks it holds. */
    public int held() {
        return held;
    }

    /** The lock. */
    public long lock(int i) {
        return locks[i];
    }

    /** What the lock protects. */
    public LockClass lockClass(int i) {
        return classes[i];
    }

    /** How it is held. */
    public LockMode mode(int i) {
        return modes[i];
    }

    /** The seq of the acquisition. */
    public long acquireSeq(int i) {
        return acquireSeqs[i];
    }

    /** The seq of the acquisition of that lock; 0 if it does not hold it. */
    long acquireSeqOf(long lock) {
        for (int i = 0; i < held; i++) {
            if (locks[i] == lock) {
                return acquireSeqs[i];
            }
        }
        return 0;
    }

    /** The seq of its last comparison for the notifier, if that found no collision; 0 if there is none under its locks. */
    public long checkSeq(long notifier) {
        int i = check(notifier);
        return i < 0 || collisions[i] ? 0 : checkSeqs[i];
    }

    /** The seq of its last comparison for the notifier, whatever it found; 0 if there is none under its locks. */
    public long comparedSeq(long notifier) {
        int i = check(notifier);
        return i < 0 ? 0 : checkSeqs[i];
    }

    /** The number compared then; absent if unknown. */
    public long checkNumber(long notifier) {
        int i = check(notifier);
        return i < 0 ? Event.ABSENT : numbers[i];
    }

    private int check(long notifier) {
        for (int i = 0; i < checked; i++) {
            if (notifiers[i] == notifier) {
                return i;
            }
        }
        return -1;
    }

    void acquire(long lock, LockClass lockClass, LockMode mode, long seq) {
        if (held == locks.length) {
            locks = Arrays.copyOf(locks, held * 2);
            classes = Arrays.copyOf(classes, held * 2);
            modes = Arrays.copyOf(modes, held * 2);
            acquireSeqs = Arrays.copyOf(acquireSeqs, held * 2);
        }
        locks[held] = lock;
        classes[held] = lockClass;
        modes[held] = mode;
        acquireSeqs[held] = seq;
        held++;
    }

    /** Releases acquisition {@code i}. */
    void release(int i) {
        int rest = held - i - 1;
        System.arraycopy(locks, i + 1, locks, i, rest);
        System.arraycopy(classes, i + 1, classes, i, rest);
        System.arraycopy(modes, i + 1, modes, i, rest);
        System.arraycopy(acquireSeqs, i + 1, acquireSeqs, i, rest);
        held--;
    }

    /**
     * The last acquisition of the lock, of that class if it has several; negative if the thread does not hold it. A capture may
     * leave out the lock or the class: several locks then look alike.
     */
    int lastOf(long lock, LockClass lockClass) {
        int alike = -1;
        for (int i = held - 1; i >= 0; i--) {
            boolean sameClass = classes[i] == lockClass;
            if (locks[i] == lock && sameClass) {
                return i;
            }
            boolean unclassed = lockClass == LockClass.UNKNOWN || classes[i] == LockClass.UNKNOWN;
            boolean sameLock = locks[i] == lock && (lock != Event.ABSENT || unclassed);
            boolean unnamed = (lock == Event.ABSENT || locks[i] == Event.ABSENT) && sameClass && !unclassed;
            if (alike < 0 && (sameLock || unnamed)) {
                alike = i;
            }
        }
        return alike;
    }

    void setCheck(long notifier, long number, long seq, boolean collided) {
        int i = check(notifier);
        if (i < 0) {
            if (checked == notifiers.length) {
                notifiers = Arrays.copyOf(notifiers, checked * 2);
                numbers = Arrays.copyOf(numbers, checked * 2);
                checkSeqs = Arrays.copyOf(checkSeqs, checked * 2);
                collisions = Arrays.copyOf(collisions, checked * 2);
            }
            i = checked++;
            notifiers[i] = notifier;
        }
        numbers[i] = number;
        checkSeqs[i] = seq;
        collisions[i] = collided;
    }

    void dropCheck(long notifier) {
        int i = check(notifier);
        if (i >= 0) {
            int rest = checked - i - 1;
            System.arraycopy(notifiers, i + 1, notifiers, i, rest);
            System.arraycopy(numbers, i + 1, numbers, i, rest);
            System.arraycopy(checkSeqs, i + 1, checkSeqs, i, rest);
            System.arraycopy(collisions, i + 1, collisions, i, rest);
            checked--;
        }
    }

    boolean isIdle() {
        return held == 0 && callbackRange == Event.ABSENT;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(held);
        for (int i = 0; i < held; i++) {
            out.number(locks[i]);
            out.symbol(classes[i]);
            out.symbol(modes[i]);
            out.number(acquireSeqs[i]);
        }
        out.number(checked);
        for (int i = 0; i < checked; i++) {
            out.number(notifiers[i]);
            out.number(numbers[i]);
            out.number(checkSeqs[i]);
            out.flag(collisions[i]);
        }
        out.number(callbackRange);
        out.number(callbackNotifier);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        int locksHeld = in.count();
        for (int i = 0; i < locksHeld; i++) {
            acquire(in.number(), in.symbol(CLASSES), in.symbol(MODES), in.number());
        }
        int checks = in.count();
        for (int i = 0; i < checks; i++) {
            setCheck(in.number(), in.number(), in.number(), in.flag());
        }
        callbackRange = in.number();
        callbackNotifier = in.number();
    }
}
