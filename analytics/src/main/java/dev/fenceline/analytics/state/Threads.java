package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.Arrays;
import org.agrona.collections.LongHashSet;
import org.jspecify.annotations.Nullable;

/** The threads that are in the middle of something; one that is not takes no memory. */
public final class Threads implements StatePart {
    private static final long[] NOBODY = {};

    private final ObjectTable<ThreadSections> table = new ObjectTable<>(ThreadSections::new);
    private final LongHashSet reclaiming = new LongHashSet();

    Threads() {}

    /** What the thread is in the middle of; null if nothing. */
    public @Nullable ThreadSections thread(long tid) {
        return table.get(tid);
    }

    /** The threads that are in direct reclaim or in a notifier callback, in the order of their tids. */
    public long[] reclaimingTids() {
        if (reclaiming.isEmpty()) {
            return NOBODY;
        }
        long[] tids = new long[reclaiming.size()];
        int n = 0;
        LongHashSet.LongIterator each = reclaiming.iterator();
        while (each.hasNext()) {
            tids[n++] = each.nextValue();
        }
        Arrays.sort(tids);
        return tids;
    }

    /** The threads that are in the middle of something, in the order of their tids. */
    public long[] tids() {
        return table.ids();
    }

    private void countReclaiming(ThreadSections thread) {
        if (thread.reclaim.isEmpty() && thread.notifiers.isEmpty()) {
            reclaiming.remove(thread.id);
        } else {
            reclaiming.add(thread.id);
        }
    }

    void apply(SignallingBegin e) {
        touch(e).signalling.enter(e.fence(), Event.ABSENT, e.seq());
    }

    void apply(SignallingEnd e) {
        ThreadSections thread = table.get(e.tid());
        if (thread != null) {
            thread.signalling.leave();
            forgetIfIdle(thread);
        }
    }

    void apply(DeviceEnter e) {
        // A failed enter has no exit: drm_drv.c:drm_dev_enter.
        if (!e.hasResult() || e.result()) {
            touch(e).devices.enter(e.device(), e.cookie(), e.seq());
        }
    }

    void apply(DeviceExit e) {
        ThreadSections thread = table.get(e.tid());
        if (thread == null) {
            return;
        }
        int i = e.hasCookie() ? thread.devices.indexOfToken(e.cookie()) : thread.devices.depth() - 1;
        if (i >= 0) {
            thread.devices.leave(i);
            forgetIfIdle(thread);
        }
    }

    void apply(RcuReadLock e) {
        touch(e).rcu.enter(Event.ABSENT, Event.ABSENT, e.seq());
    }

    void apply(RcuReadUnlock e) {
        ThreadSections thread = table.get(e.tid());
        if (thread != null) {
            thread.rcu.leave();
            forgetIfIdle(thread);
        }
    }

    void apply(ReclaimBegin e) {
        ThreadSections thread = touch(e);
        thread.reclaim.enter(Event.ABSENT, Event.ABSENT, e.seq());
        countReclaiming(thread);
    }

    void apply(ReclaimEnd e) {
        ThreadSections thread = table.get(e.tid());
        if (thread != null) {
            thread.reclaim.leave();
            countReclaiming(thread);
            forgetIfIdle(thread);
        }
    }

    void apply(NotifierInvalidate e) {
        ThreadSections thread = touch(e);
        thread.notifiers.enter(e.notifier(), e.rangeId(), e.seq());
        countReclaiming(thread);
    }

    void apply(NotifierInvalidateDone e) {
        ThreadSections thread = table.get(e.tid());
        int i = thread == null ? -1 : thread.notifiers.indexOf(e.notifier());
        if (thread != null && i >= 0) {
            thread.notifiers.leave(i);
            countReclaiming(thread);
            forgetIfIdle(thread);
        }
    }

    void apply(DmaFenceRunCallback e) {
        touch(e).callbacks.enter(e.fence(), e.callback(), e.seq());
    }

    void apply(DmaFenceEndCallback e) {
        ThreadSections thread = table.get(e.tid());
        if (thread == null) {
            return;
        }
        int i = e.hasCallback() ? thread.callbacks.indexOfToken(e.callback()) : thread.callbacks.depth() - 1;
        if (i >= 0) {
            thread.callbacks.leave(i);
            forgetIfIdle(thread);
        }
    }

    void apply(DmaFenceWaitStart e) {
        ThreadSections thread = touch(e);
        thread.waitFence = e.fence();
        thread.waitTimeoutNs = e.timeout();
        thread.waitInterruptible = e.interruptible();
        thread.waitSeq = e.seq();
    }

    void apply(DmaFenceWaitEnd e) {
        ThreadSections thread = table.get(e.tid());
        if (thread != null) {
            thread.waitFence = Event.ABSENT;
            thread.waitTimeoutNs = Event.ABSENT;
            thread.waitInterruptible = false;
            thread.waitSeq = 0;
            forgetIfIdle(thread);
        }
    }

    /** The thread holds the reservation now. */
    void lock(ResvLock e) {
        ThreadSections thread = touch(e);
        if (thread.reservations.indexOf(e.resv()) < 0) {
            thread.reservations.enter(e.resv(), Event.ABSENT, e.seq());
        }
    }

    /** The reservation is unlocked, by whomever. */
    void unlock(Reservation resv, long tid) {
        leaveReservation(resv.holderTid, resv.id);
        leaveReservation(tid, resv.id);
    }

    private void leaveReservation(long tid, long resv) {
        ThreadSections thread = table.get(tid);
        int i = thread == null ? -1 : thread.reservations.indexOf(resv);
        if (thread != null && i >= 0) {
            thread.reservations.leave(i);
            forgetIfIdle(thread);
        }
    }

    /** The thread made the fence visible, and has yet to hand over the work that will signal it. */
    void publish(DmaFencePublish e) {
        touch(e).publications.enter(e.fence(), Event.ABSENT, e.seq());
    }

    /** The thread put the fence it made where others find it, and has yet to hand over the work that will signal it. */
    void promise(Fence fence, Event e) {
        ThreadSections thread = touch(e);
        if (thread.promises.indexOf(fence.id) < 0) {
            thread.promises.enter(fence.id, Event.ABSENT, e.seq());
            fence.promiseTid = e.tid();
        }
    }

    private void fulfil(Fence fence) {
        ThreadSections thread = fence.promiseTid == Event.ABSENT ? null : table.get(fence.promiseTid);
        int i = thread == null ? -1 : thread.promises.indexOf(fence.id);
        if (thread != null && i >= 0) {
            thread.promises.leave(i);
            forgetIfIdle(thread);
        }
    }

    /** The fence no longer depends on the thread that published it. */
    void handOver(Fence fence) {
        fulfil(fence);
        ThreadSections thread = fence.publishTid == Event.ABSENT ? null : table.get(fence.publishTid);
        int i = thread == null ? -1 : thread.publications.indexOf(fence.id);
        if (thread != null && i >= 0) {
            thread.publications.leave(i);
            forgetIfIdle(thread);
        }
    }

    void apply(DmaFenceLock e) {
        touch(e).fenceLocks.enter(e.fence(), Event.ABSENT, e.seq());
    }

    void apply(DmaFenceUnlock e) {
        ThreadSections thread = table.get(e.tid());
        int i = thread == null ? -1 : thread.fenceLocks.indexOf(e.fence());
        if (thread != null && i >= 0) {
            thread.fenceLocks.leave(i);
            forgetIfIdle(thread);
        }
    }

    /** The thread is back in user space: what it did not hand over, it left to others. */
    void leaveKernel(Event e) {
        ThreadSections thread = table.get(e.tid());
        if (thread != null && !(thread.publications.isEmpty() && thread.promises.isEmpty())) {
            thread.publications.clear();
            thread.promises.clear();
            forgetIfIdle(thread);
        }
    }

    void apply(LockBlock e) {
        ThreadSections thread = touch(e);
        thread.blockedOn = e.lock();
        thread.blockedOnClass = e.lockClass();
        thread.blockedInterruptible = e.interruptible() || e.tryValue();
        thread.blockedSeq = e.seq();
    }

    /** mmu_interval_read_begin sleeps while an invalidation runs. */
    void apply(NotifierReadBegin e) {
        waitForNotifier(e, e.notifier());
    }

    /** mmu_interval_notifier_remove sleeps until the invalidation that runs is over. */
    void apply(NotifierRemove e) {
        waitForNotifier(e, e.notifier());
    }

    private void waitForNotifier(Event e, long notifier) {
        ThreadSections thread = touch(e);
        thread.notifierWait = notifier;
        thread.notifierWaitSeq = e.seq();
    }

    /** The thread goes on after it may have waited for an invalidation. */
    void passNotifier(Event e) {
        ThreadSections thread = table.get(e.tid());
        if (thread != null && thread.notifierWaitSeq > 0) {
            thread.notifierWait = Event.ABSENT;
            thread.notifierWaitSeq = 0;
            forgetIfIdle(thread);
        }
    }

    /** A thread that acquires a lock sleeps for none any more. */
    void unblock(Event acquired) {
        ThreadSections thread = table.get(acquired.tid());
        if (thread != null && thread.blockedSeq > 0) {
            thread.blockedOn = Event.ABSENT;
            thread.blockedOnClass = LockClass.UNKNOWN;
            thread.blockedInterruptible = false;
            thread.blockedSeq = 0;
            forgetIfIdle(thread);
        }
    }

    private ThreadSections touch(Event e) {
        ThreadSections thread = table.get(e.tid());
        return thread != null ? thread : table.create(e.tid(), e.seq());
    }

    private void forgetIfIdle(ThreadSections thread) {
        if (thread.isIdle()) {
            table.remove(thread);
        }
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
        for (long tid : table.ids()) {
            ThreadSections thread = table.get(tid);
            if (thread != null) {
                countReclaiming(thread);
            }
        }
    }
}
