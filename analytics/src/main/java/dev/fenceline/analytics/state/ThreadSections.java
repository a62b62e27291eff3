package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.LockClass;
import java.io.IOException;

/** What a thread is in the middle of: the sections it entered and did not leave, and what it waits for. */
public final class ThreadSections extends KernelObject {
    final SectionStack signalling = new SectionStack();
    final SectionStack devices = new SectionStack();
    final SectionStack rcu = new SectionStack();
    final SectionStack reclaim = new SectionStack();
    final SectionStack notifiers = new SectionStack();
    final SectionStack callbacks = new SectionStack();
    final SectionStack reservations = new SectionStack();
    final SectionStack fenceLocks = new SectionStack();
    final SectionStack publications = new SectionStack();
    final SectionStack promises = new SectionStack();
    long waitFence = Event.ABSENT;
    long waitTimeoutNs = Event.ABSENT;
    boolean waitInterruptible;
    long waitSeq;
    long blockedOn = Event.ABSENT;
    LockClass blockedOnClass = LockClass.UNKNOWN;
    boolean blockedInterruptible;
    long blockedSeq;
    long notifierWait = Event.ABSENT;
    long notifierWaitSeq;

    ThreadSections(long tid) {
        super(tid);
    }

    /** Fence signalling critical sections; the subject is the fence that is to be signalled, where stated. */
    public SectionStack signalling() {
        return signalling;
    }

    /** drm_dev_enter sections that were entered; the subject is the device, the token the cookie. */
    public SectionStack devices() {
        return devices;
    }

    /** RCU read sections. */
    public SectionStack rcu() {
        return rcu;
    }

    /** Direct reclaim. */
    public SectionStack reclaim() {
        return reclaim;
    }

    /** Notifier callbacks; the subject is the notifier, the token the range. */
    public SectionStack notifiers() {
        return notifiers;
    }

    /** Fence callbacks that run on the thread; the subject is the fence, the token the callback. */
    public SectionStack callbacks() {
        return callbacks;
    }

    /** The reservations it holds locked; the subject is the reservation. */
    public SectionStack reservations() {
        return reservations;
    }

    /** The fences whose spinlocks it holds. */
    public SectionStack fenceLocks() {
        return fenceLocks;
    }

    /** From the publication of a fence to the hand-over of its work; the subject is the fence. */
    public SectionStack publications() {
        return publications;
    }

    /** The fences it made, put where others find them, and did not hand over; the subject is the fence. */
    public SectionStack promises() {
        return promises;
    }

    /** The fence it waits for; {@link Event#ABSENT} if for none. */
    public long waitFence() {
        return waitFence;
    }

    /** How long it will wait, in ns; {@link Long#MAX_VALUE} without limit, {@link Event#ABSENT} if not stated. */
    public long waitTimeoutNs() {
        return waitTimeoutNs;
    }

    /** Whether a signal to the process ends the wait. */
    public boolean isWaitInterruptible() {
        return waitInterruptible;
    }

    /** The seq at which the wait started; 0 if it waits for no fence. */
    public long waitSeq() {
        return waitSeq;
    }

    /** The lock it sleeps for; {@link Event#ABSENT} if for none. */
    public long blockedOn() {
        return blockedOn;
    }

    /** What that lock protects. */
    public LockClass blockedOnClass() {
        return blockedOnClass;
    }

    /** The seq at which it began to sleep for the lock; 0 if it does not. */
    public long blockedSeq() {
        return blockedSeq;
    }

    /** Whether a signal to the process ends that sleep. */
    public boolean isBlockedInterruptible() {
        return blockedInterruptible;
    }

    /** The notifier whose running invalidation it may wait for; {@link Event#ABSENT} if there is none. */
    public long notifierWait() {
        return notifierWait;
    }

    /** The seq at which that began; 0 if it does not wait so. */
    public long notifierWaitSeq() {
        return notifierWaitSeq;
    }

    boolean isIdle() {
        return signalling.isEmpty()
                && devices.isEmpty()
                && rcu.isEmpty()
                && reclaim.isEmpty()
                && notifiers.isEmpty()
                && callbacks.isEmpty()
                && reservations.isEmpty()
                && fenceLocks.isEmpty()
                && publications.isEmpty()
                && promises.isEmpty()
                && waitSeq == 0
                && blockedSeq == 0
                && notifierWaitSeq == 0;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        signalling.write(out);
        devices.write(out);
        rcu.write(out);
        reclaim.write(out);
        notifiers.write(out);
        callbacks.write(out);
        reservations.write(out);
        fenceLocks.write(out);
        publications.write(out);
        promises.write(out);
        out.number(waitFence);
        out.number(waitTimeoutNs);
        out.flag(waitInterruptible);
        out.number(waitSeq);
        out.number(blockedOn);
        out.symbol(blockedOnClass);
        out.flag(blockedInterruptible);
        out.number(blockedSeq);
        out.number(notifierWait);
        out.number(notifierWaitSeq);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        signalling.read(in);
        devices.read(in);
        rcu.read(in);
        reclaim.read(in);
        notifiers.read(in);
        callbacks.read(in);
        reservations.read(in);
        fenceLocks.read(in);
        publications.read(in);
        promises.read(in);
        waitFence = in.number();
        waitTimeoutNs = in.number();
        waitInterruptible = in.flag();
        waitSeq = in.number();
        blockedOn = in.number();
        blockedOnClass = in.symbol(LockClass.values());
        blockedInterruptible = in.flag();
        blockedSeq = in.number();
        notifierWait = in.number();
        notifierWaitSeq = in.number();
    }
}
