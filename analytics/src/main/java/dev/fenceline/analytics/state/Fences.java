package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The fences that exist and the contexts they are on. */
public final class Fences implements StatePart {
    /** How deep containers may nest before we stop looking: the kernel flattens them, so real ones are shallow. */
    private static final int DEEPEST_CONTAINER = 64;

    private final StreamLedger ledger;
    private final SessionFacts session;
    final ObjectTable<Fence> fences = new ObjectTable<>(Fence::new);
    private final ObjectTable<FenceContext> contexts = new ObjectTable<>(FenceContext::new);

    Fences(StreamLedger ledger, SessionFacts session) {
        this.ledger = ledger;
        this.session = session;
    }

    /** The fence of that id, also if it was destroyed a short while ago; null if it was never seen. */
    public @Nullable Fence fence(long id) {
        return fences.find(id);
    }

    /** The context of that number, also if nothing uses it since a short while ago; null if no fence of it was seen. */
    public @Nullable FenceContext context(long context) {
        return contexts.find(context);
    }

    /**
     * Whether a fence that was not seen to signal did not: a fragment tells what it is about, a whole recording all of the
     * streams it declares.
     */
    public boolean tellsSignals() {
        return ledger.isFragment() || ledger.holds(Stream.FENCE);
    }

    /** The context of the fence, also of one that a text names and no event introduced; {@link Event#ABSENT} if unknown. */
    public long contextOf(long id) {
        Fence fence = fences.find(id);
        int named = fence == null ? session.fenceIdentityOf(id) : -1;
        return fence != null ? fence.context : named < 0 ? Event.ABSENT : session.fenceIdentity(named + 1);
    }

    /** The seqno of the fence, as {@link #contextOf} tells its context. */
    public long seqnoOf(long id) {
        Fence fence = fences.find(id);
        int named = fence == null ? session.fenceIdentityOf(id) : -1;
        return fence != null ? fence.seqno : named < 0 ? Event.ABSENT : session.fenceIdentity(named + 2);
    }

    /**
     * The first fence by id that the device has to complete, that others can see, and that is not done; null if there is none.
     * Containers are nobody's to complete.
     */
    public @Nullable Fence pendingOf(long device) {
        for (long id : fences.ids()) {
            Fence fence = fences.get(id);
            if (fence != null
                    && fence.device == device
                    && fence.publishSeq > 0
                    && !fence.isContainer()
                    && !isComplete(fence)) {
                return fence;
            }
        }
        return null;
    }

    /** How many fences exist. */
    public int size() {
        return fences.size();
    }

    /**
     * Whether the work behind the fence is known to be done: it signalled, somebody waited for it with success, it was born
     * signalled, a later fence of its context is done (fences signal lazily, contexts complete in order), or it is a
     * container and its members are done. A fence nobody knows is taken as done: only a known one can be pending.
     */
    public boolean isComplete(long id) {
        Fence fence = fences.find(id);
        return fence == null || isComplete(fence);
    }

    /** As {@link #isComplete(long)}. */
    public boolean isComplete(Fence fence) {
        return isComplete(fence, DEEPEST_CONTAINER);
    }

    /**
     * The seq from which everything about the fence is known, and about the fences that it is made of as far as they are not done
     * themselves; 0 if it is not known, or one of them has a past that the recording does not hold.
     */
    public long knownFrom(@Nullable Fence fence) {
        return fence == null ? 0 : knownFrom(fence, DEEPEST_CONTAINER);
    }

    private long knownFrom(Fence fence, int depth) {
        long known = fence.born;
        int steps = fences.size() + ObjectTable.QUARANTINE;
        for (Fence node = fence; node != null && steps >= 0; node = fences.find(node.previous)) {
            steps--;
            if (isDone(node)) {
                break;
            }
            known = Math.min(known, node.born);
            LongList members = depth == 0 ? null : node.members;
            for (int i = 0; members != null && i < members.size(); i++) {
                Fence member = fences.find(members.get(i));
                known = member == null ? known : Math.min(known, knownFrom(member, depth - 1));
            }
        }
        return known;
    }

    /** The fence that the id named at {@code seq}, if it is pending; null if it is done or the id names another one since. */
    public @Nullable Fence pendingSince(long id, long seq) {
        Fence fence = id == Event.ABSENT ? null : fences.find(id);
        return fence == null || seq < fence.slotsFrom || isComplete(fence) ? null : fence;
    }

    /** The fence tells of a move of memory of the device. */
    void isOfDevice(long id, long device, long seq) {
        Fence fence = touch(id, seq);
        if (fence != null && fence.device == Event.ABSENT) {
            fence.device = device;
        }
    }

    /** The hardware fence that a scheduler got for a job. */
    void isOfScheduler(long id, long scheduler, long seq) {
        Fence fence = touch(id, seq);
        if (fence != null && fence.scheduler == Event.ABSENT) {
            fence.scheduler = scheduler;
        }
    }

    private boolean isComplete(Fence fence, int depth) {
        // Timelines are long and their nodes need not signal: predecessors are walked, not recursed into.
        int steps = fences.size() + ObjectTable.QUARANTINE;
        for (Fence node = fence; node != null && steps >= 0; node = fences.find(node.previous)) {
            steps--;
            if (isDone(node)) {
                return true;
            }
            if (!areMembersComplete(node, depth)) {
                return false;
            }
            if (node.anyMember || node.previous == Event.ABSENT) {
                return true;
            }
        }
        return steps >= 0;
    }

    /** Whether it says of itself, or a later one of its context of it, that it is done. */
    private boolean isDone(Fence fence) {
        if (fence.doneSeq > 0 || fence.signaledSeq > 0 || fence.kind == FenceKind.STUB || fence.sharedIdentity) {
            return true;
        }
        FenceContext context = completesInOrder(fence) ? contexts.find(fence.context) : null;
        return context != null
                && context.doneSeqno != Event.ABSENT
                && !FenceContext.isLater(fence.seqno, context.doneSeqno, fence.seqno64);
    }

    private boolean areMembersComplete(Fence fence, int depth) {
        LongList members = fence.members;
        if (members == null || depth == 0) {
            return false;
        }
        for (int i = 0; i < members.size(); i++) {
            Fence member = fences.find(members.get(i));
            boolean done = member == null || isComplete(member, depth - 1);
            if (done == fence.anyMember) {
                return done;
            }
        }
        return !fence.anyMember;
    }

    /**
     * Whether a done fence of the same context says that this one is done. Not on the context that stubs share, nor where the
     * user writes the sequence numbers, nor for chain nodes, whose context forks with the chain.
     */
    public static boolean completesInOrder(Fence fence) {
        return isOrdered(fence) && fence.kind != FenceKind.USERQ;
    }

    /** Whether its context orders it, as long as sequence numbers are given out in order. */
    public static boolean isOrdered(Fence fence) {
        return fence.context != Event.ABSENT
                && fence.context != 0
                && fence.seqno != Event.ABSENT
                && fence.kind != FenceKind.CHAIN;
    }

    void apply(DmaFenceInit e) {
        if (!e.hasFence()) {
            return;
        }
        long context = contextOf(e);
        long seqno = seqnoOf(e);
        Fence earlier = fences.get(e.fence());
        boolean usedBefore = earlier != null || fences.find(e.fence()) != null;
        if (earlier != null) {
            // The hardware fence of a job is what a resubmission really initialises again: a rule's matter.
            if (earlier.initSeq > 0
                    && ledger.holds(Stream.FENCE)
                    && !earlier.ofJob
                    && !isComplete(earlier)
                    && earlier.context == context
                    && earlier.seqno == seqno) {
                ledger.corrupt(
                        EventType.DMA_FENCE_INIT, e.seq(), "fence " + e.fence() + " is initialised while it is alive");
            }
            depart(earlier, e.seq());
        }
        Fence fence = fences.create(e.fence(), e.seq());
        if (earlier != null && earlier.destroySeq == 0 && !isComplete(earlier)) {
            // Mentioned before its init: slots that name the id mean this fence.
            fence.holders = earlier.holders;
            fence.slotsFrom = earlier.slotsFrom;
        } else if (usedBefore) {
            fence.slotsFrom = e.seq();
        }
        fence.initSeq = e.seq();
        fence.initTid = e.tid();
        fence.context = context;
        fence.seqno = seqno;
        fence.kind = kindOf(e);
        fence.seqno64 = is64Bit(e);
        fence.driver = e.driver();
        fence.timeline = e.timeline();
        fence.device = e.device();
        fence.scheduler = e.scheduler();
        fence.uses = e.uses();
        fence.module = e.module();
        fence.statesOps = e.hasHasRelease() || e.hasHasWait() || e.hasExternalLock();
        fence.hasRelease = e.hasRelease();
        fence.hasWait = e.hasWait();
        fence.externalLock = e.externalLock();
        fence.guaranteed = e.guarantee();
        join(fence, e.seq());
        if (isOrdered(fence)) {
            FenceContext line = touchContext(fence, e.seq());
            line.lastSeqno = seqno;
            line.lastInitSeq = e.seq();
            line.seqno64 = fence.seqno64;
        }
    }

    /** The context of the new fence: as stated, or as the text names the fence; {@link Event#ABSENT} if unknown. */
    public long contextOf(DmaFenceInit e) {
        int named = e.hasContext() ? -1 : session.fenceIdentityOf(e.fence());
        return named < 0 ? e.context() : session.fenceIdentity(named + 1);
    }

    /** The seqno of the new fence: as stated, or as the text names the fence; {@link Event#ABSENT} if unknown. */
    public long seqnoOf(DmaFenceInit e) {
        int named = e.hasSeqno() ? -1 : session.fenceIdentityOf(e.fence());
        return named < 0 ? e.seqno() : session.fenceIdentity(named + 2);
    }

    /** The context the text names the fence by; {@link Event#ABSENT} if it names it otherwise. */
    public long contextNamed(long fence) {
        int named = session.fenceIdentityOf(fence);
        return named < 0 ? Event.ABSENT : session.fenceIdentity(named + 1);
    }

    /** The seqno the text names the fence by; {@link Event#ABSENT} if it names it otherwise. */
    public long seqnoNamed(long fence) {
        int named = session.fenceIdentityOf(fence);
        return named < 0 ? Event.ABSENT : session.fenceIdentity(named + 2);
    }

    /** What completes the new fence: as stated, or as the driver name tells that its ops give it; UNKNOWN if neither does. */
    public static FenceKind kindOf(DmaFenceInit e) {
        String driver = e.driver();
        if (e.kind() != FenceKind.UNKNOWN || driver == null) {
            return e.kind();
        }
        return switch (driver) {
            case "dma_fence_array" -> FenceKind.ARRAY;
            case "dma_fence_chain" -> FenceKind.CHAIN;
            case "amdgpu_eviction_fence" -> FenceKind.EVICTION;
            default -> driver.startsWith("amdgpu_userq") ? FenceKind.USERQ : FenceKind.UNKNOWN;
        };
    }

    /** Whether the seqno of the fence compares as 64 bits; the dma_fence tracepoints print only 32 of them. */
    public static boolean is64Bit(DmaFenceInit e) {
        return (e.seqno64() || kindOf(e) == FenceKind.CHAIN) && e.source() != Source.FTRACE;
    }

    void apply(DmaFencePublish e) {
        Fence fence = touch(e.fence(), e.seq());
        if (fence != null && fence.publishSeq == 0) {
            fence.publishSeq = e.seq();
            fence.publishNs = ledger.nowNs();
            fence.publishTid = e.tid();
        }
    }

    void apply(DmaFenceHandoff e) {
        handOver(touch(e.fence(), e.seq()), e.seq());
    }

    void apply(DmaFenceEmit e) {
        handOver(touch(e.fence(), e.seq()), e.seq());
    }

    private static void handOver(@Nullable Fence fence, long seq) {
        if (fence != null && fence.handoffSeq == 0) {
            fence.handoffSeq = seq;
        }
    }

    void apply(DmaFenceEnableSignal e) {
        Fence fence = touch(e.fence(), e.seq());
        if (fence != null && fence.enableSeq == 0) {
            fence.enableSeq = e.seq();
            if (e.hasResult() && e.result() == 0 && fence.bitSeq() == 0) {
                fence.refusedEnableSeq = e.seq();
                fence.refusedEnableTid = e.tid();
            }
        }
    }

    void apply(DmaFenceSetError e) {
        Fence fence = touch(e.fence(), e.seq());
        if (fence != null && fence.signaledSeq == 0 && !(e.hasError() && e.error() >= 0)) {
            fence.errorSeq = e.seq();
        }
    }

    void apply(DmaFenceSignaled e) {
        Fence fence = touch(e.fence(), e.seq());
        if (fence == null) {
            return;
        }
        if (fence.signaledSeq == 0 && fence.errorSeq == 0 && e.hasError() && e.error() < 0) {
            fence.errorSeq = e.seq();
        }
        if (fence.signaledSeq == 0) {
            fence.signaledSeq = e.seq();
        }
        if (fence.refusedEnableTid == e.tid()) {
            fence.refusedEnableSeq = 0;
            fence.refusedEnableTid = Event.ABSENT;
        }
        handOver(fence, e.seq());
        signaled(fence, e.seq());
        if (hasContext(fence) && fence.kind != FenceKind.CHAIN) {
            touchContext(fence, e.seq()).progressNs = ledger.nowNs();
        }
    }

    void apply(DmaFenceWaitStart e) {
        Fence fence = touch(e.fence(), e.seq());
        if (fence != null) {
            fence.waiterTid = e.tid();
            fence.waitFromSeq = e.seq();
            fence.waitToSeq = 0;
        }
    }

    void apply(DmaFenceWaitEnd e) {
        Fence fence = touch(e.fence(), e.seq());
        if (fence != null && fence.waiterTid == e.tid()) {
            fence.waitToSeq = e.seq();
        }
        // i915 may end the wait before the signalled line: the wait's result is the earlier proof.
        if (fence == null) {
            return;
        }
        if (e.hasResult() && e.result() > 0) {
            signaled(fence, e.seq());
        } else if (e.hasResult()) {
            waitFailed(fence, e);
        } else {
            fence.failedWaits.forget(e.tid());
        }
    }

    /** The thread of the event waited for the fence in vain. */
    void waitFailed(Fence fence, Event e) {
        if (fence.bitSeq() == 0) {
            fence.failedWaits.fail(e.tid(), e.seq());
        }
    }

    void apply(DmaFenceTest e) {
        Fence fence = touch(e.fence(), e.seq());
        if (fence != null && e.hasResult()) {
            if (e.result()) {
                signaled(fence, e.seq());
            } else {
                fence.pendingSeq = e.seq();
            }
        }
    }

    void apply(DmaFenceRenumber e) {
        Fence fence = touch(e.fence(), e.seq());
        if (fence != null && e.hasSeqno()) {
            fence.seqno = e.seqno();
        }
    }

    void apply(DmaFenceArray e) {
        Fence fence = touch(e.fence(), e.seq());
        if (fence != null) {
            fence.members = mentioned(e.members(), e.seq());
            fence.anyMember = e.any();
            fence.containerSeq = e.seq();
            if (fence.kind == FenceKind.UNKNOWN) {
                fence.kind = FenceKind.ARRAY;
            }
        }
    }

    void apply(DmaFenceChain e) {
        Fence fence = touch(e.fence(), e.seq());
        if (fence != null) {
            fence.members = mentioned(e.members(), e.seq());
            fence.previous = e.previous();
            mention(fence.previous, e.seq());
            fence.containerSeq = e.seq();
            if (fence.kind == FenceKind.UNKNOWN) {
                fence.kind = FenceKind.CHAIN;
            }
        }
    }

    private @Nullable LongList mentioned(@Nullable LongList members, long seq) {
        for (int i = 0; members != null && i < members.size(); i++) {
            mention(members.get(i), seq);
        }
        return members;
    }

    void apply(DmaFenceDestroy e) {
        Fence fence = touch(e.fence(), e.seq());
        if (fence != null) {
            fence.destroySeq = e.seq();
            departIfUnheld(fence, e.seq());
        }
    }

    void apply(DmaFenceFree e) {
        // A fence that left the quarantine has been dead for long: nothing is remembered of it.
        Fence fence = ledger.isFragment() ? touch(e.fence(), e.seq()) : fences.find(e.fence());
        if (fence != null && fence.freeSeq == 0) {
            fence.freeSeq = e.seq();
            if (fence.destroySeq == 0) {
                fence.destroySeq = e.seq();
                departIfUnheld(fence, e.seq());
            }
        }
    }

    /** The fence of a queue that must leave the hardware: it signals on demand. */
    void isOfKind(long id, FenceKind kind, long seq) {
        Fence fence = touch(id, seq);
        if (fence != null && fence.kind == FenceKind.UNKNOWN) {
            fence.kind = kind;
        }
    }

    /** The fence signalled, or was found to be. */
    private void signaled(Fence fence, long seq) {
        done(fence, seq);
        if (isOrdered(fence)) {
            FenceContext context = touchContext(fence, seq);
            if (context.signaledSeqno == Event.ABSENT
                    || FenceContext.isLater(fence.seqno, context.signaledSeqno, fence.seqno64)) {
                context.signaledSeqno = fence.seqno;
                context.signaledSeq = seq;
                context.signaledInitSeq = fence.initSeq;
            }
        }
    }

    void done(Fence fence, long seq) {
        if (fence.doneSeq == 0) {
            fence.doneSeq = seq;
            fence.failedWaits.clear();
        }
        if (completesInOrder(fence)) {
            FenceContext context = touchContext(fence, seq);
            if (context.doneSeqno == Event.ABSENT
                    || FenceContext.isLater(fence.seqno, context.doneSeqno, fence.seqno64)) {
                context.doneSeqno = fence.seqno;
                context.doneSeq = seq;
            }
        }
    }

    void hold(Fence fence) {
        fence.holders++;
    }

    /** A slot that was filled at {@code addSeq} gives the fence up. */
    void release(long id, long addSeq, long seq) {
        Fence fence = fences.get(id);
        if (fence != null && addSeq >= fence.slotsFrom) {
            fence.holders--;
            departIfUnheld(fence, seq);
        }
    }

    private void departIfUnheld(Fence fence, long seq) {
        if (fence.destroySeq > 0 && fence.holders == 0) {
            depart(fence, seq);
        }
    }

    private void depart(Fence fence, long seq) {
        if (fence.departed > 0) {
            return;
        }
        fences.depart(fence, seq);
        FenceContext context = hasContext(fence) ? contexts.get(fence.context) : null;
        if (context == null) {
            return;
        }
        context.users--;
        if (context.users > 0) {
            return;
        }
        if (fence.kind == FenceKind.ARRAY || fence.kind == FenceKind.CHAIN) {
            // An array or a chain that begins has a context of its own, which nobody uses again.
            contexts.remove(context);
        } else {
            contexts.depart(context, seq);
        }
    }

    /** The new fence is on its context: as long as one is, the context is remembered, and a short while longer. */
    private void join(Fence fence, long seq) {
        if (hasContext(fence)) {
            use(fence.context, seq);
        }
    }

    /** The context has one fence more, or something that makes fences on it. */
    void use(long id, long seq) {
        FenceContext context = contexts.find(id);
        if (context == null) {
            context = contexts.create(id, seq);
        } else if (context.departed > 0) {
            contexts.revive(context);
        }
        context.users++;
    }

    /** What made fences on the context is gone. */
    void leave(long id, long seq) {
        FenceContext context = contexts.get(id);
        if (context != null) {
            context.users--;
            if (context.users == 0) {
                contexts.depart(context, seq);
            }
        }
    }

    /** Whether its context is known, and not the one that stubs share. */
    private static boolean hasContext(Fence fence) {
        return fence.context != Event.ABSENT && fence.context != 0;
    }

    /** The work of the fence left the hands of the thread that made it. */
    void handOver(long id, long seq) {
        Fence fence = id == Event.ABSENT ? null : fences.find(id);
        handOver(fence, seq);
    }

    /** The event names the fence: in a fragment it existed before. */
    void mention(long id, long seq) {
        if (ledger.isFragment()) {
            touch(id, seq);
        }
    }

    /** The fence an event names, made up as alive and pending if nothing introduced it; null if the event names none. */
    @Nullable Fence touch(long id, long seq) {
        if (id == Event.ABSENT) {
            return null;
        }
        Fence fence = fences.find(id);
        if (fence != null) {
            return fence;
        }
        if (ledger.mustHaveSeenCreate(Stream.FENCE)) {
            ledger.corrupt(EventType.DMA_FENCE_INIT, seq, "fence " + id + " is used without its dma_fence_init");
        }
        fence = fences.assume(id, ledger.knownFrom(seq));
        int named = session.fenceIdentityOf(id);
        if (named >= 0) {
            fence.context = session.fenceIdentity(named + 1);
            fence.seqno = session.fenceIdentity(named + 2);
            // Stubs are born signalled, and all of them are 0:0.
            fence.sharedIdentity = fence.context == 0 && fence.seqno == 0;
            join(fence, seq);
        }
        return fence;
    }

    /** The context of the fence; one that was long forgotten, as the fence was not, goes again at once. */
    private FenceContext touchContext(Fence fence, long seq) {
        FenceContext context = contexts.find(fence.context);
        if (context == null) {
            context = contexts.create(fence.context, seq);
            contexts.depart(context, seq);
        }
        return context;
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        fences.write(out);
        contexts.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        fences.read(in);
        contexts.read(in);
    }
}
