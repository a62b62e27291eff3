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
    long initSeq;
    long publishSeq;
    long publishNs;
    long enableSeq;
    long signaledSeq;
    long doneSeq;
    long pendingSeq;
    long destroySeq;

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

    /** The seq of the first {@code dma_fence_enable_signal}; 0 if none. */
    public long enableSeq() {
        return enableSeq;
    }

    /** The seq of the effective {@code dma_fence_signaled}; 0 if not seen. */
    public long signaledSeq() {
        return signaledSeq;
    }

    /** The seq of the last test that found it unsignalled; 0 if none was seen. */
    public long pendingSeq() {
        return pendingSeq;
    }

    /** The seq of {@code dma_fence_destroy}; 0 while the fence exists. */
    public long destroySeq() {
        return destroySeq;
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
        out.number(initSeq);
        out.number(publishSeq);
        out.number(publishNs);
        out.number(enableSeq);
        out.number(signaledSeq);
        out.number(doneSeq);
        out.number(pendingSeq);
        out.number(slotsFrom);
        out.number(destroySeq);
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
        initSeq = in.number();
        publishSeq = in.number();
        publishNs = in.number();
        enableSeq = in.number();
        signaledSeq = in.number();
        doneSeq = in.number();
        pendingSeq = in.number();
        slotsFrom = in.number();
        destroySeq = in.number();
        members = in.numbers();
        anyMember = in.flag();
        containerSeq = in.number();
        previous = in.number();
        ofJob = in.flag();
        holders = in.count();
    }
}
