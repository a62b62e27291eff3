package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.Arrays;
import org.agrona.collections.Long2LongHashMap;
import org.jspecify.annotations.Nullable;

/** The reservation objects and what is in their slots. */
public final class Reservations implements StatePart {
    private final StreamLedger ledger;
    private final Fences fences;
    final ObjectTable<Reservation> table = new ObjectTable<>(Reservation::new);
    /** How many live BOs and VMs are said to use a reservation. */
    private final Long2LongHashMap users = new Long2LongHashMap(8, 0.55f, 0, false);

    Reservations(StreamLedger ledger, Fences fences) {
        this.ledger = ledger;
        this.fences = fences;
    }

    /** The reservation of that id; null if it was never mentioned, so that nothing is pending in it. */
    public @Nullable Reservation reservation(long id) {
        return id == Event.ABSENT ? null : table.get(id);
    }

    /** The reservation that the thread holds longest; null if it holds none. Looks at all: for rare questions. */
    public @Nullable Reservation heldBy(long tid) {
        Reservation held = null;
        for (long id : table.ids()) {
            Reservation resv = table.get(id);
            if (resv != null && resv.holderTid == tid && (held == null || resv.heldSeq < held.heldSeq)) {
                held = resv;
            }
        }
        return held;
    }

    /** The fence in the slot if it is pending; null if it is done, or gone and the id names another fence since. */
    public @Nullable Fence pending(Reservation resv, int slot) {
        Fence fence = named(resv, slot);
        return fence == null || fences.isComplete(fence) ? null : fence;
    }

    /**
     * The first slot from {@code from} on that the kernel still holds with a pending fence of that usage or a stronger one, so
     * that a query for {@code usage} returns it: KERNEL is the strongest, BOOKKEEP asks for all. Negative if there is none.
     */
    public int pendingSlot(Reservation resv, Usage usage, int from) {
        for (int slot = from; slot < resv.count; slot++) {
            if (resv.usages[slot].compareTo(usage) <= 0
                    && resv.replacedSeqs[slot] == 0
                    && pending(resv, slot) != null) {
                return slot;
            }
        }
        return -1;
    }

    private @Nullable Fence named(Reservation resv, int slot) {
        Fence fence = fences.fence(resv.fences[slot]);
        return fence == null || resv.addSeqs[slot] < fence.slotsFrom ? null : fence;
    }

    /** Whether an event said which objects use the reservation, so that no other one can be guessed to. */
    boolean hasStatedUser(long id) {
        return users.get(id) > 0;
    }

    /** A BO or VM is said to use the reservation. */
    void join(long id) {
        if (id != Event.ABSENT) {
            users.put(id, users.get(id) + 1);
        }
    }

    /** It no longer does, or is gone; a whole recording knows all users, so the last one takes the reservation along. */
    void leave(long id, long seq) {
        long left = users.get(id) - 1;
        if (id == Event.ABSENT || left < 0) {
            return;
        }
        if (left > 0) {
            users.put(id, left);
            return;
        }
        users.remove(id);
        if (!ledger.isFragment()) {
            remove(id, seq);
        }
    }

    /** How many reservations are remembered. */
    public int size() {
        return table.size();
    }

    void apply(ResvAddFence e) {
        Reservation resv = touch(e.resv(), e.seq());
        Fence fence = fences.touch(e.fence(), e.seq());
        if (resv != null && fence != null) {
            add(resv, fence, e.usage(), e.seq());
        }
    }

    void apply(ResvReplaceFences e) {
        Reservation resv = touch(e.resv(), e.seq());
        if (resv == null) {
            return;
        }
        if (e.hasReplacedContext()) {
            for (int slot = resv.count - 1; slot >= 0; slot--) {
                Fence old = named(resv, slot);
                if (old != null && old.context == e.replacedContext()) {
                    removeSlot(resv, slot, e.seq());
                }
            }
        }
        Fence fence = fences.touch(e.fence(), e.seq());
        if (fence != null) {
            add(resv, fence, e.usage(), e.seq());
        }
    }

    void apply(ResvWait e) {
        Reservation resv = touch(e.resv(), e.seq());
        if (resv == null || !e.hasResult() || e.result() <= 0 || e.usage() == Usage.UNKNOWN) {
            return;
        }
        for (int slot = 0; slot < resv.count; slot++) {
            Fence fence = named(resv, slot);
            if (fence != null && resv.usage(slot).compareTo(e.usage()) <= 0) {
                fences.done(fence, e.seq());
            }
        }
    }

    void apply(ResvLock e) {
        Reservation resv = touch(e.resv(), e.seq());
        if (resv == null || (e.hasResult() && e.result() != 0)) {
            return;
        }
        if (resv.holderTid != Event.ABSENT && resv.holderTid != e.tid()) {
            ledger.corrupt(
                    Stream.LOCK,
                    e.seq(),
                    "reservation " + e.resv() + " is locked while thread " + resv.holderTid + " holds it");
        }
        resv.holderTid = e.tid();
        resv.heldSeq = e.seq();
    }

    void apply(ResvUnlock e) {
        Reservation resv = touch(e.resv(), e.seq());
        if (resv != null) {
            resv.holderTid = Event.ABSENT;
            resv.heldSeq = 0;
        }
    }

    /** Copies the pending fences of one reservation into another, as dma_resv_copy_fences does. */
    void copy(Reservation from, Reservation to, long seq) {
        for (int slot = 0; slot < from.count; slot++) {
            Fence fence = pending(from, slot);
            if (fence != null && from.replacedSeq(slot) == 0) {
                add(to, fence, from.usage(slot), from.addSeqs[slot]);
            }
        }
    }

    /** The reservation is gone together with what it was part of. */
    void remove(long id, long seq) {
        Reservation resv = reservation(id);
        if (resv == null) {
            return;
        }
        for (int slot = resv.count - 1; slot >= 0; slot--) {
            removeSlot(resv, slot, seq);
        }
        table.depart(resv, seq);
    }

    @Nullable Reservation touch(long id, long seq) {
        if (id == Event.ABSENT) {
            return null;
        }
        Reservation resv = table.get(id);
        if (resv == null) {
            resv = table.create(id, ledger.knownFrom(seq));
            resv.assumed = true;
        }
        return resv;
    }

    private void add(Reservation resv, Fence fence, Usage stated, long seq) {
        Usage usage = stated == Usage.UNKNOWN ? Usage.BOOKKEEP : stated;
        if (fence.slotsFrom > 0) {
            forgetEarlier(resv, fence, seq);
        }
        if (resv.contains(fence.id, usage)) {
            return;
        }
        replace(resv, fence, usage, seq);
        if (resv.isFull()) {
            forgetComplete(resv, seq);
        }
        resv.add(fence.id, usage, seq);
        fences.hold(fence);
    }

    /** Forgets the slots that name an earlier fence of the same id. */
    private void forgetEarlier(Reservation resv, Fence fence, long seq) {
        for (int slot = resv.count - 1; slot >= 0; slot--) {
            if (resv.fences[slot] == fence.id && resv.addSeqs[slot] < fence.slotsFrom) {
                removeSlot(resv, slot, seq);
            }
        }
    }

    /** As dma-resv.c:dma_resv_add_fence: a later fence of a context takes the slot of one that promises no more. */
    private void replace(Reservation resv, Fence fence, Usage usage, long seq) {
        if (fence.context == Event.ABSENT || fence.context == 0 || fence.seqno == Event.ABSENT) {
            return;
        }
        for (int slot = 0; slot < resv.count; slot++) {
            Fence old = resv.replacedSeqs[slot] == 0 ? named(resv, slot) : null;
            if (old != null
                    && old != fence
                    && old.context == fence.context
                    && old.seqno != Event.ABSENT
                    && resv.usages[slot].compareTo(usage) >= 0
                    && FenceContext.isLater(fence.seqno, old.seqno, fence.seqno64)) {
                resv.replacedSeqs[slot] = seq;
                return;
            }
        }
    }

    private void forgetComplete(Reservation resv, long seq) {
        for (int slot = resv.count - 1; slot >= 0; slot--) {
            if (pending(resv, slot) == null) {
                removeSlot(resv, slot, seq);
            }
        }
    }

    private void removeSlot(Reservation resv, int slot, long seq) {
        long fence = resv.fences[slot];
        long addSeq = resv.addSeqs[slot];
        resv.remove(slot);
        fences.release(fence, addSeq, seq);
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
        long[] ids = new long[users.size()];
        int n = 0;
        Long2LongHashMap.KeyIterator keys = users.keySet().iterator();
        while (keys.hasNext()) {
            ids[n++] = keys.nextValue();
        }
        Arrays.sort(ids);
        out.number(n);
        for (long id : ids) {
            out.number(id);
            out.number(users.get(id));
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
        int count = in.count();
        for (int i = 0; i < count; i++) {
            users.put(in.number(), in.number());
        }
    }
}
