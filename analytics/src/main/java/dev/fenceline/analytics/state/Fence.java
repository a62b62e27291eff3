package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.LongList;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One incarnation of a dma_fence. Whether it is done is a question for {@link Fences#isComplete}. */
public final class Fence extends KernelObject {
    long context = Event.ABSENT;
    long seqno = Event.ABSENT;
    boolean seqno64;
    FenceKind kind = FenceKind.UNKNOWN;

    @Nullable String driver;

    @Nullable String timeline;

    boolean sharedIdentity;
    long device = Event.ABSENT;
    long scheduler = Event.ABSENT;
    long initSeq;
    long initTid = Event.ABSENT;
    long promiseTid = Event.ABSENT;
    long publishSeq;
    long publishNs;
    long publishTid = Event.ABSENT;
    long handoffSeq;
    long enableSeq;
    long waiterTid = Event.ABSENT;
    long waitFromSeq;
    long waitToSeq;
    long refusedEnableSeq;
    long refusedEnableTid = Event.ABSENT;
    long errorSeq;
    long signaledSeq;
    long doneSeq;
    long pendingSeq;
    long destroySeq;
    long freeSeq;
    long uses = Event.ABSENT;

    @Nullable String module;

    boolean statesOps;
    boolean hasRelease;
    boolean hasWait;
    boolean externalLock;
    boolean guaranteed;
    final FailedWaits failedWaits = new FailedWaits();

    @Nullable LongList members;

    boolean anyMember;
    long containerSeq;
    long previous = Event.ABSENT;
    boolean ofJob;
    int holders;
    /** Slots filled before this seq name an earlier fence of the same id, which was done. */
    long slotsFrom;

    Fence(long id) {
        super(id);
    }

    /** The context; {@link Event#ABSENT} if unknown, 0 for the one that stubs share. */
    public long context() {
        return context;
    }

    /** The sequence number in the context; {@link Event#ABSENT} if unknown. */
    public long seqno() {
        return seqno;
    }

    /** Whether its seqno compares as 64 bits. */
    public boolean is64Bit() {
        return seqno64;
    }

    /** What completes it. */
    public FenceKind kind() {
        return kind;
    }

    /** The driver's name as given at init; null if unknown. Only {@code amdgpu} and sw_sync names mean the driver. */
    public @Nullable String driver() {
        return driver;
    }

    /** The timeline's name as given at init; null if unknown. */
    public @Nullable String timeline() {
        return timeline;
    }

    /** The device that completes it; {@link Event#ABSENT} if unknown. */
    public long device() {
        return device;
    }

    /** The scheduler it comes from; {@link Event#ABSENT} if unknown. */
    public long scheduler() {
        return scheduler;
    }

    /** Whether the id stands for several fences that share 0:0, because the text names them by that pair only. */
    public boolean hasSharedIdentity() {
        return sharedIdentity;
    }

    /** The seq of {@code dma_fence_init}; 0 if not seen. */
    public long initSeq() {
        return initSeq;
    }

    /** The seq of the first {@code dma_fence_publish}; 0 if none. */
    public long publishSeq() {
        return publishSeq;
    }

    /** The session's running time in ns at the first publication; 0 if none. */
    public long publishNs() {
        return publishNs;
    }

    /** The thread that published it first; {@link Event#ABSENT} if none did. */
    public long publishTid() {
        return publishTid;
    }

    /** Where its work left the hands of the thread that made it: handed over, emitted or done; 0 if it did not yet. */
    public long handoffSeq() {
        return handoffSeq;
    }

    /** The seq of the first {@code dma_fence_enable_signal}; 0 if none. */
    public long enableSeq() {
        return enableSeq;
    }

    /** The seq at which it got an error, or was seen to signal with one; 0 if it has none. */
    public long errorSeq() {
        return errorSeq;
    }

    /** The seq of the effective {@code dma_fence_signaled}; 0 if not seen. */
    public long signaledSeq() {
        return signaledSeq;
    }

    /**
     * The seq of the {@code dma_fence_enable_signal} whose operation said that the fence is done already, while its thread
     * has not signalled the fence; 0 otherwise.
     */
    public long refusedEnableSeq() {
        return refusedEnableSeq;
    }

    /** The thread of that event; {@link Event#ABSENT} if there is none. */
    public long refusedEnableTid() {
        return refusedEnableTid;
    }

    /**
     * Where its signalled bit was first known to be set: it signalled, or a test or a wait found it so, or it was born
     * signalled; 0 if it may still be clear, although the work may be done.
     */
    public long bitSeq() {
        if (signaledSeq > 0 || doneSeq > 0) {
            return signaledSeq > 0 ? signaledSeq : doneSeq;
        }
        return kind == FenceKind.STUB || sharedIdentity ? Math.max(1, initSeq) : 0;
    }

    /** The seq of the last test that found it unsignalled; 0 if none was seen. */
    public long pendingSeq() {
        return pendingSeq;
    }

    /** The seq of {@code dma_fence_destroy}; 0 while the fence exists. */
    public long destroySeq() {
        return destroySeq;
    }

    /** The seq of {@code dma_fence_free}; 0 while its memory is there. */
    public long freeSeq() {
        return freeSeq;
    }

    /** The memory of the driver that its operations or its lock are in; {@link Event#ABSENT} if none is stated. */
    public long uses() {
        return uses;
    }

    /** The module its operations are in; null if not stated. */
    public @Nullable String module() {
        return module;
    }

    /** Whether its init says anything of its release and wait operations and its lock. */
    public boolean statesOps() {
        return statesOps;
    }

    /** Whether the driver is needed for as long as the fence lives: for its release or wait operation, or for its lock. */
    public boolean needsDriverToTheEnd() {
        return hasRelease || hasWait || externalLock;
    }

    /** Whether the kernel is said to complete it, whatever userspace does. */
    public boolean isGuaranteed() {
        return guaranteed;
    }

    /** The threads whose last wait for it failed while it is pending. */
    public FailedWaits failedWaits() {
        return failedWaits;
    }

    /** The node before this one in its chain; {@link Event#ABSENT} if unknown or none. */
    public long previous() {
        return previous;
    }

    /** Whether a driver returned it as the hardware fence of a job. */
    public boolean isHardwareOfJob() {
        return ofJob;
    }

    /** The fences it is made of, if it is an array or a chain node and they are known. */
    public @Nullable LongList members() {
        return members;
    }

    /** Whether one done member completes it: an array made with signal_on_any. */
    public boolean isAnyMemberEnough() {
        return anyMember;
    }

    /** The seq of the event that told its members; 0 if none did. */
    public long containerSeq() {
        return containerSeq;
    }

    /** Whether it is an array or a chain node: it may stay unsignalled for ever although its members are done. */
    public boolean isContainer() {
        return kind == FenceKind.ARRAY || kind == FenceKind.CHAIN || members != null;
    }

    /** Whether nothing works towards it before somebody asks: preempt and eviction fences. */
    public boolean signalsOnDemand() {
        return kind == FenceKind.PREEMPT || kind == FenceKind.EVICTION;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(context);
        out.number(seqno);
        out.flag(seqno64);
        out.symbol(kind);
        out.text(driver);
        out.text(timeline);
        out.flag(sharedIdentity);
        out.number(device);
        out.number(scheduler);
        out.number(initSeq);
        out.number(initTid);
        out.number(promiseTid);
        out.number(publishSeq);
        out.number(publishNs);
        out.number(publishTid);
        out.number(handoffSeq);
        out.number(enableSeq);
        out.number(waiterTid);
        out.number(waitFromSeq);
        out.number(waitToSeq);
        out.number(refusedEnableSeq);
        out.number(refusedEnableTid);
        out.number(errorSeq);
        out.number(signaledSeq);
        out.number(doneSeq);
        out.number(pendingSeq);
        out.number(slotsFrom);
        out.number(destroySeq);
        out.number(freeSeq);
        out.number(uses);
        out.text(module);
        out.flag(statesOps);
        out.flag(hasRelease);
        out.flag(hasWait);
        out.flag(externalLock);
        out.flag(guaranteed);
        failedWaits.write(out);
        out.numbers(members);
        out.flag(anyMember);
        out.number(containerSeq);
        out.number(previous);
        out.flag(ofJob);
        out.number(holders);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        context = in.number();
        seqno = in.number();
        seqno64 = in.flag();
        kind = in.symbol(FenceKind.values());
        driver = in.text();
        timeline = in.text();
        sharedIdentity = in.flag();
        device = in.number();
        scheduler = in.number();
        initSeq = in.number();
        initTid = in.number();
        promiseTid = in.number();
        publishSeq = in.number();
        publishNs = in.number();
        publishTid = in.number();
        handoffSeq = in.number();
        enableSeq = in.number();
        waiterTid = in.number();
        waitFromSeq = in.number();
        waitToSeq = in.number();
        refusedEnableSeq = in.number();
        refusedEnableTid = in.number();
        errorSeq = in.number();
        signaledSeq = in.number();
        doneSeq = in.number();
        pendingSeq = in.number();
        slotsFrom = in.number();
        destroySeq = in.number();
        freeSeq = in.number();
        uses = in.number();
        module = in.text();
        statesOps = in.flag();
        hasRelease = in.flag();
        hasWait = in.flag();
        externalLock = in.flag();
        guaranteed = in.flag();
        failedWaits.read(in);
        members = in.numbers();
        anyMember = in.flag();
        containerSeq = in.number();
        previous = in.number();
        ofJob = in.flag();
        holders = in.count();
    }
}
