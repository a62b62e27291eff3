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
    private static final long ALREADY = -114;
    /** How many replaced contexts a reservation remembers; a number of ours. */
    private static final int REPLACEMENTS = 64;

    private final Threads threads;
    private final AcquireTickets tickets = new AcquireTickets();
    final ObjectTable<Reservation> table = new ObjectTable<>(Reservation::new);
    /** How many live BOs and VMs are said to use a reservation. */
    private final Long2LongHashMap users = new Long2LongHashMap(8, 0.55f, 0, false);

    Reservations(StreamLedger ledger, Fences fences, Threads threads) {
        this.ledger = ledger;
        this.fences = fences;
        this.threads = threads;
    }

    /** The reservation of that id; null if it was never mentioned, so that nothing is pending in it. */
    public @Nullable Reservation reservation(long id) {
        return id == Event.ABSENT ? null : table.get(id);
    }

    /** The acquire tickets under which reservations are taken. */
    public AcquireTickets tickets() {
        return tickets;
    }

    /** The reservation that the thread holds longest; null if it holds none. */
    public @Nullable Reservation heldBy(long tid) {
        ThreadSections thread = threads.thread(tid);
        return thread == null || thread.reservations.isEmpty() ? null : reservation(thread.reservations.subject(0));
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

    /** The reservations that are remembered, in the order of their ids. */
    public long[] ids() {
        return table.ids();
    }

    /** How many reservations are remembered. */
    public int size() {
        return table.size();
    }

    void apply(ResvReserve e) {
        Reservation resv = touch(e.resv(), e.seq());
        // Slots are reserved for a lock hold: dma-resv.h:dma_resv_unlock takes back what was not used.
        if (resv != null && resv.holderTid == e.tid()) {
            // Reserving makes sure that so many are free, it does not add up.
            resv.freeSlots = Math.max(resv.freeSlots, e.hasSlots() ? e.slots() : Long.MAX_VALUE);
            resv.reserveSeq = e.seq();
            forgetIndexes(resv);
        }
    }

    /** A larger table leaves the done fences out, so that those behind them move up: dma_resv_reserve_fences. */
    private void forgetIndexes(Reservation resv) {
        boolean moved = false;
        for (int slot = 0; slot < resv.count; slot++) {
            if (resv.replacedSeqs[slot] == 0) {
                moved |= pending(resv, slot) == null;
                resv.indexes[slot] = moved ? -1 : resv.indexes[slot];
            }
        }
    }

    void apply(ResvAddFence e) {
        Reservation resv = touch(e.resv(), e.seq());
        Fence fence = fences.touch(e.fence(), e.seq());
        if (resv == null || fence == null) {
            return;
        }
        int renewed = resv.replacements.indexOf(fence.context);
        if (fence.context != Event.ABSENT && renewed >= 0) {
            resv.replacements.leave(renewed);
        }
        boolean takesSlot =
                e.hasSlot() ? write(resv, fence, e.usage(), e.slot(), e.seq()) : add(resv, fence, e.usage(), e.seq());
        if (takesSlot && resv.freeSlots > 0) {
            resv.freeSlots--;
        } else if (takesSlot) {
            resv.overdrawnSeq = e.seq();
        }
    }

    void apply(ResvReplaceFences e) {
        Reservation resv = touch(e.resv(), e.seq());
        Fence fence = fences.touch(e.fence(), e.seq());
        if (resv == null) {
            return;
        }
        boolean found = false;
        for (int slot = resv.count - 1; slot >= 0 && e.hasReplacedContext(); slot--) {
            Fence old = named(resv, slot);
            if (old != null && old.context == e.replacedContext()) {
                removeSlot(resv, slot, e.seq());
                found = true;
            }
        }
        if (fence == null) {
            return;
        }
        // Where the context has no fence, the kernel puts none in; a fragment need not show the one that is replaced.
        if (found || !e.hasReplacedContext() || ledger.isFragment()) {
            add(resv, fence, e.usage(), e.seq());
        }
        if (e.hasReplacedContext()) {
            replaced(resv, e.replacedContext(), fence.id, e.seq());
        }
    }

    private static void replaced(Reservation resv, long context, long fence, long seq) {
        int known = resv.replacements.indexOf(context);
        if (known >= 0) {
            resv.replacements.leave(known);
        } else if (resv.replacements.depth() == REPLACEMENTS) {
            resv.replacements.leave(0);
        }
        resv.replacements.enter(context, fence, seq);
    }

    void apply(ResvWait e) {
        Reservation resv = touch(e.resv(), e.seq());
        if (resv == null || !e.hasResult() || e.usage() == Usage.UNKNOWN) {
            return;
        }
        for (int slot = 0; slot < resv.count; slot++) {
            Fence fence = named(resv, slot);
            if (fence == null || resv.usage(slot).compareTo(e.usage()) > 0) {
                continue;
            }
            if (e.result() > 0 && cameMeanwhile(resv, resv.addSeqs[slot], e.tid())) {
                continue;
            }
            if (e.result() > 0) {
                fences.done(fence, e.seq());
            } else {
                fences.waitFailed(fence, e);
            }
        }
    }

    /**
     * Whether a fence was added at that seq while the thread was waiting for another one of the reservation without its lock.
     * The walk over the slots starts anew only when they are exchanged, not when one is written over:
     * dma-resv.c:dma_resv_iter_next_unlocked. If it waits for such a fence too, that wait tells.
     */
    private boolean cameMeanwhile(Reservation resv, long addSeq, long tid) {
        for (int slot = 0; resv.holderTid != tid && slot < resv.count; slot++) {
            Fence waited = named(resv, slot);
            if (waited != null && waited.waiterTid == tid && waited.waitFromSeq < addSeq && addSeq < waited.waitToSeq) {
                return true;
            }
        }
        return false;
    }

    void apply(ResvLock e) {
        Reservation resv = touch(e.resv(), e.seq());
        if (resv == null) {
            return;
        }
        tickets.lock(e, resv);
        boolean held = e.hasResult() && e.result() == ALREADY;
        if (e.hasResult() && e.result() < 0 && !(held && resv.holderTid == Event.ABSENT)) {
            return;
        }
        if (resv.holderTid != Event.ABSENT && resv.holderTid != e.tid()) {
            ledger.corrupt(
                    EventType.RESV_LOCK,
                    e.seq(),
                    "reservation " + e.resv() + " is locked while thread " + resv.holderTid + " holds it");
        }
        resv.holderTid = e.tid();
        resv.heldSeq = e.seq();
        resv.wasLocked = true;
        resv.freeSlots = 0;
        resv.reserveSeq = 0;
        threads.lock(e);
    }

    void apply(ResvUnlock e) {
        Reservation resv = touch(e.resv(), e.seq());
        if (resv == null) {
            return;
        }
        tickets.unlock(resv, e.seq());
        threads.unlock(resv, e.tid());
        resv.holderTid = Event.ABSENT;
        resv.heldSeq = 0;
        resv.freeSlots = 0;
        resv.reserveSeq = 0;
    }

    /** Copies the pending fences of one reservation into another, as dma_resv_copy_fences does. */
    void copy(Reservation from, Reservation to, long seq) {
        for (int slot = 0; slot < from.count; slot++) {
            Fence fence = pending(from, slot);
            if (fence != null && from.replacedSeq(slot) == 0) {
                add(to, fence, from.usage(slot), from.addSeqs[slot]);
            }
        }
        for (int i = 0; i < from.replacements.depth(); i++) {
            SectionStack each = from.replacements;
            replaced(to, each.subject(i), each.token(i), each.seq(i));
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
        if (resv.holderTid != Event.ABSENT) {
            threads.unlock(resv, resv.holderTid);
            tickets.unlock(resv, seq);
        }
        table.depart(resv, seq);
    }

    @Nullable Reservation touch(long id, long seq) {
        if (id == Event.ABSENT) {
            return null;
        }
        Reservation resv = table.get(id);
        if (resv == null) {
            resv = table.assume(id, ledger.knownFrom(seq));
        }
        return resv;
    }

    /**
     * As dma-resv.c:dma_resv_add_fence: the first slot whose fence is done, or is no later one of the same context and
     * promises no more, is written over; otherwise the fence takes a new slot.
     *
     * @return whether it takes a new slot
     */
    private boolean add(Reservation resv, Fence fence, Usage stated, long seq) {
        Usage usage = stated == Usage.UNKNOWN ? Usage.BOOKKEEP : stated;
        if (fence.slotsFrom > 0) {
            forgetEarlier(resv, fence, seq);
        }
        makeRoom(resv, seq);
        for (int slot = 0; slot < resv.count; slot++) {
            if (resv.replacedSeqs[slot] > 0) {
                continue;
            }
            Fence old = pending(resv, slot);
            if (old == fence && resv.usages[slot] == usage) {
                return false;
            }
            boolean covered = old != null && resv.usages[slot].compareTo(usage) >= 0 && isSameOrLater(fence, old);
            if (old == null || covered) {
                overwrite(resv, slot, fence, usage, seq);
                return false;
            }
        }
        resv.add(fence.id, usage, seq, resv.nextIndex());
        fences.hold(fence);
        return true;
    }

    /** Writes over the slot of that index, whatever is in it; whether it was a new one. */
    private boolean write(Reservation resv, Fence fence, Usage stated, long index, long seq) {
        Usage usage = stated == Usage.UNKNOWN ? Usage.BOOKKEEP : stated;
        makeRoom(resv, seq);
        int slot = resv.slotAt(index);
        if (slot < 0) {
            resv.add(fence.id, usage, seq, (int) index);
            fences.hold(fence);
            return true;
        }
        Fence old = pending(resv, slot);
        boolean sameContext =
                old == fence || (old != null && old.context != Event.ABSENT && old.context == fence.context);
        if (old != null && sameContext && stated != Usage.UNKNOWN && usage.compareTo(resv.usages[slot]) > 0) {
            resv.degradedSeq = seq;
            resv.degradedFence = old.id;
            resv.degradedAddSeq = resv.addSeqs[slot];
        }
        overwrite(resv, slot, fence, usage, seq);
        return false;
    }

    /** The slots are where they were found: room was made before. */
    private void overwrite(Reservation resv, int slot, Fence fence, Usage usage, long seq) {
        fences.hold(fence);
        resv.overwrite(slot, fence.id, usage, seq);
    }

    private static boolean isSameOrLater(Fence fence, Fence old) {
        return old == fence
                || (fence.context != Event.ABSENT
                        && fence.context != 0
                        && old.context == fence.context
                        && fence.seqno != Event.ABSENT
                        && old.seqno != Event.ABSENT
                        && !FenceContext.isLater(old.seqno, fence.seqno, fence.seqno64));
    }

    /** Forgets the slots that name an earlier fence of the same id. */
    private void forgetEarlier(Reservation resv, Fence fence, long seq) {
        for (int slot = resv.count - 1; slot >= 0; slot--) {
            if (resv.fences[slot] == fence.id && resv.addSeqs[slot] < fence.slotsFrom) {
                removeSlot(resv, slot, seq);
            }
        }
    }

    /** Before the reservation grows, those that lost their slots and are done are forgotten. */
    private void makeRoom(Reservation resv, long seq) {
        for (int slot = resv.isFull() ? resv.count - 1 : -1; slot >= 0; slot--) {
            if (resv.replacedSeqs[slot] > 0 && pending(resv, slot) == null) {
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
        tickets.write(out);
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
        tickets.read(in);
        int count = in.count();
        for (int i = 0; i < count; i++) {
            users.put(in.number(), in.number());
        }
    }
}
