package dev.fenceline.simulator.fence;

import dev.fenceline.event.FenceKind;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Waits;
import org.jspecify.annotations.Nullable;

/** A fence context: fences that complete in the order of their seqnos. */
public final class Timeline {
    /** A hardware seqno is taken from a stale copy of the counter (rule A-F04). */
    public static final Deviation SEQNO_GOES_BACK = new Deviation("hardware-seqno-goes-backwards");

    /** How far back the stale copy is; further than the fences that can be alive on a ring. */
    private static final int STALE_BY = 24;

    private final Kernel kernel;
    private final long context;
    private final String driver;
    private final String name;
    private final FenceKind kind;
    private final FenceProvider provider;
    private long seqno;
    private int completer;

    /** A timeline of the kernel itself, whose context number is {@code context}. */
    public Timeline(Kernel kernel, long context, String driver, String name, FenceKind kind) {
        this(kernel, context, driver, name, kind, FenceProvider.CORE);
    }

    /** A timeline whose context number is {@code context}, of fences that {@code provider} made. */
    public Timeline(Kernel kernel, long context, String driver, String name, FenceKind kind, FenceProvider provider) {
        this.kernel = kernel;
        this.context = context;
        this.driver = driver;
        this.name = name;
        this.kind = kind;
        this.provider = provider;
    }

    /** {@code dma_fence_init} with the next seqno. */
    public DmaFence next(DmaFence.@Nullable Ops ops, @Nullable Waits completer) {
        return at(++seqno, ops, completer);
    }

    /** {@code dma_fence_init} with a seqno that the caller counts, as both fences of a job share one. */
    public DmaFence at(long count, DmaFence.@Nullable Ops ops, @Nullable Waits completer) {
        seqno = count;
        long used = count;
        if (kind == FenceKind.HARDWARE && count > STALE_BY && kernel.deviates(SEQNO_GOES_BACK)) {
            used = count - STALE_BY;
        }
        return new DmaFence(kernel, this, used, ops, completer);
    }

    /** From now on fences are signalled by the thread {@code tid}, as far as software does it. */
    public Timeline completedBy(int tid) {
        completer = tid;
        return this;
    }

    /** The thread that signals the fences, 0 if it is not always the same. */
    int completer() {
        return completer;
    }

    /** The number of the fence context. */
    public long context() {
        return context;
    }

    /** The last seqno given out. */
    public long seqno() {
        return seqno;
    }

    /** A seqno that no fence of the timeline has had, for one that exists already. */
    long takeSeqno() {
        return ++seqno;
    }

    String driver() {
        return driver;
    }

    String name() {
        return name;
    }

    FenceKind kind() {
        return kind;
    }

    FenceProvider provider() {
        return provider;
    }
}
