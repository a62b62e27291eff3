package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The threads that are in the middle of something; one that is not takes no memory. */
public final class Threads implements StatePart {
    private final ObjectTable<ThreadSections> table = new ObjectTable<>(ThreadSections::new);

    Threads() {}

    /** What the thread is in the middle of; null if nothing. */
    public @Nullable ThreadSections thread(long tid) {
        return table.get(tid);
    }

    /** The threads that are in the middle of something, in the order of their tids. */
    public long[] tids() {
        return table.ids();
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
        touch(e).reclaim.enter(Event.ABSENT, Event.ABSENT, e.seq());
    }

    void apply(ReclaimEnd e) {
        ThreadSections thread = table.get(e.tid());
        if (thread != null) {
            thread.reclaim.leave();
            forgetIfIdle(thread);
        }
    }

    void apply(NotifierInvalidate e) {
        touch(e).notifiers.enter(e.notifier(), e.rangeId(), e.seq());
    }

    void apply(NotifierInvalidateDone e) {
        ThreadSections thread = table.get(e.tid());
        int i = thread == null ? -1 : thread.notifiers.indexOf(e.notifier());
        if (thread != null && i >= 0) {
            thread.notifiers.leave(i);
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

    /** The thread made the fence visible, and has yet to hand over the work that will signal it. */
    void publish(DmaFencePublish e) {
        touch(e).publications.enter(e.fence(), Event.ABSENT, e.seq());
    }

    /** The fence no longer depends on the thread that published it. */
    void handOver(Fence fence) {
        ThreadSections thread = fence.publishTid == Event.ABSENT ? null : table.get(fence.publishTid);
        int i = thread == null ? -1 : thread.publications.indexOf(fence.id);
        if (thread != null && i >= 0) {
            thread.publications.leave(i);
            forgetIfIdle(thread);
        }
    }

    /** The thread is back in user space: what it did not hand over, it left to others. */
    void leaveKernel(Event e) {
        ThreadSections thread = table.get(e.tid());
        if (thread != null && !thread.publications.isEmpty()) {
            thread.publications.clear();
            forgetIfIdle(thread);
        }
    }

    void apply(LockBlock e) {
        ThreadSections thread = touch(e);
        thread.blockedOn = e.lock();
        thread.blockedOnClass = e.lockClass();
        thread.blockedSeq = e.seq();
    }

    /** A thread that acquires a lock sleeps for none any more. */
    void unblock(Event acquired) {
        ThreadSections thread = table.get(acquired.tid());
        if (thread != null && thread.blockedSeq > 0) {
            thread.blockedOn = Event.ABSENT;
            thread.blockedOnClass = LockClass.UNKNOWN;
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
    }
}
