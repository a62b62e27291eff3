package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** The locks that are held, by thread and by lock. */
public final class Locks implements StatePart {
    private final StreamLedger ledger;
    final ObjectTable<ThreadLocks> threads = new ObjectTable<>(ThreadLocks::new);
    private final ObjectTable<Lock> locks = new ObjectTable<>(Lock::new);

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
        return LongStream.of(threads.ids())
                .filter(tid -> {
                    ThreadLocks thread = threads.get(tid);
                    return thread != null && thread.acquireSeqOf(lock) > 0;
                })
                .toArray();
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
        if (thread == null || !thread.release(e.lock(), e.lockClass())) {
            return;
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
        locks.read(in);
        mmapLockSeen = in.flag();
    }
}
