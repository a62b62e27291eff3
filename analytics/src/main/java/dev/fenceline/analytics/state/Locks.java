package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.Arrays;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/** The locks that are held, by thread and by lock. */
public final class Locks implements StatePart {
    private static final long[] NOBODY = {};

    private final StreamLedger ledger;
    final ObjectTable<ThreadLocks> threads = new ObjectTable<>(ThreadLocks::new);
    private final ObjectTable<Lock> locks = new ObjectTable<>(Lock::new);
    private final Long2ObjectHashMap<LongArrayList> holders = new Long2ObjectHashMap<>();

    private boolean mmapLockSeen;

    Locks(StreamLedger ledger) {
        this.ledger = ledger;
    }

    /** A lock while somebody holds it. */
    static final class Lock extends KernelObject {
        long writerTid = Event.ABSENT;
        int writes;
        int reads;

        Lock(long id) {
            super(id);
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(writerTid);
            out.number(writes);
            out.number(reads);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            writerTid = in.number();
            writes = in.count();
            reads = in.count();
        }
    }

    /** Whether the recording tells of any mmap_lock. */
    public boolean isMmapLockSeen() {
        return mmapLockSeen;
    }

    /** What the thread holds; null if it holds nothing. */
    public @Nullable ThreadLocks thread(long tid) {
        return threads.get(tid);
    }

    /** The threads that hold the lock, in the order of their tids. */
    long[] holders(long lock) {
        LongArrayList tids = holders.get(lock);
        if (tids == null) {
            return NOBODY;
        }
        long[] sorted = tids.toLongArray();
        Arrays.sort(sorted);
        return sorted;
    }

    private void addHolder(long lock, long tid) {
        if (lock == Event.ABSENT) {
            return;
        }
        LongArrayList tids = holders.get(lock);
        if (tids == null) {
            tids = new LongArrayList(2, LongArrayList.DEFAULT_NULL_VALUE);
            holders.put(lock, tids);
        }
        if (!tids.containsLong(tid)) {
            tids.addLong(tid);
        }
    }

    private void removeHolder(long lock, long tid) {
        LongArrayList tids = holders.get(lock);
        if (tids != null) {
            tids.removeLong(tid);
            if (tids.isEmpty()) {
                holders.remove(lock);
            }
        }
    }

    ThreadLocks touch(long tid) {
        ThreadLocks thread = threads.get(tid);
        return thread != null ? thread : threads.create(tid, 0);
    }

    void forgetIfIdle(ThreadLocks thread) {
        if (thread.isIdle()) {
            threads.remove(thread);
        }
    }

    void apply(LockAcquire e) {
        mmapLockSeen |= e.lockClass() == LockClass.MMAP_LOCK;
        touch(e.tid()).acquire(e.lock(), e.lockClass(), e.mode(), e.seq());
        addHolder(e.lock(), e.tid());
        if (!e.hasLock() || !isExclusionKnown(e.lockClass()) || e.mode() == LockMode.UNKNOWN) {
            return;
        }
        Lock lock = locks.get(e.lock());
        if (lock == null) {
            lock = locks.create(e.lock(), e.seq());
        }
        boolean writtenByOther = lock.writes > 0 && lock.writerTid != e.tid();
        boolean writes = e.mode() != LockMode.R;
        if (writtenByOther || (writes && lock.reads > 0)) {
            ledger.corrupt(
                    EventType.LOCK_ACQUIRE, e.seq(), "lock " + e.lock() + " is acquired while another thread holds it");
        }
        if (writes) {
            lock.writerTid = e.tid();
            lock.writes++;
        } else {
            lock.reads++;
        }
    }

    void apply(LockRelease e) {
        ThreadLocks thread = threads.get(e.tid());
        int i = thread == null ? -1 : thread.lastOf(e.lock(), e.lockClass());
        if (thread == null || i < 0) {
            return;
        }
        long released = thread.lock(i);
        thread.release(i);
        if (thread.acquireSeqOf(released) == 0) {
            removeHolder(released, e.tid());
        }
        Lock lock = locks.get(e.lock());
        if (lock != null) {
            if (lock.writes > 0 && lock.writerTid == e.tid()) {
                lock.writes--;
            } else if (lock.reads > 0) {
                lock.reads--;
            }
            if (lock.writes == 0 && lock.reads == 0) {
                locks.remove(lock);
            }
        }
        forgetIfIdle(thread);
    }

    /** Some classes are sections or lockdep maps that many threads are in at once. */
    private static boolean isExclusionKnown(LockClass lockClass) {
        return switch (lockClass) {
            case NOTIFIER_LOCK,
                    VM_LOCK,
                    MMAP_LOCK,
                    INVALIDATED_LOCK,
                    EU_LOCK,
                    DISCOVERY_LOCK,
                    LRU_LOCK,
                    I_MMAP,
                    USERQ_MUTEX,
                    FENCE_LOCK,
                    MUTEX -> true;
            case UNKNOWN, DEV_SRCU, FS_RECLAIM, MMU_NOTIFIER, OTHER -> false;
        };
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        threads.write(out);
        locks.write(out);
        out.flag(mmapLockSeen);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        threads.read(in);
        for (long tid : threads.ids()) {
            ThreadLocks thread = threads.get(tid);
            for (int i = 0; thread != null && i < thread.held(); i++) {
                addHolder(thread.lock(i), tid);
            }
        }
        locks.read(in);
        mmapLockSeen = in.flag();
    }
}
