package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.Usage;
import java.io.IOException;
import java.util.Arrays;

/**
 * A dma_resv: the fences in its slots, in the order of the slots, and behind them those that lost theirs and may be pending.
 *
 * <p>A fence whose slot the kernel gave to a later one of the same context stays here until it is done: it is still pending,
 * and a question about the past ("was added before the callback") must find it.
 */
public final class Reservation extends KernelObject {
    private static final Usage[] USAGES = Usage.values();

    int count;
    long[] fences = new long[4];
    Usage[] usages = new Usage[4];
    long[] addSeqs = new long[4];
    long[] replacedSeqs = new long[4];
    /** The index of the slot as the kernel counts them; negative if unknown. */
    int[] indexes = new int[4];

    long holderTid = Event.ABSENT;
    long heldSeq;
    boolean wasLocked;
    long ticket = Event.ABSENT;
    long freeSlots;
    long reserveSeq;
    long overdrawnSeq;
    long degradedSeq;
    long degradedFence = Event.ABSENT;
    long degradedAddSeq;
    final SectionStack replacements = new SectionStack();

    Reservation(long id) {
        super(id);
    }

    /** How many slots are remembered. */
    public int size() {
        return count;
    }

    /** The fence in the slot. */
    public long fence(int slot) {
        return fences[slot];
    }

    /** The usage the fence was added with; BOOKKEEP, which promises least, if the event did not say. */
    public Usage usage(int slot) {
        return usages[slot];
    }

    /** The seq of the event that added it. */
    public long addSeq(int slot) {
        return addSeqs[slot];
    }

    /**
     * The seq at which the kernel gave the slot to a later fence of the same context, so that the reservation no longer holds
     * this one; 0 if it did not.
     */
    public long replacedSeq(int slot) {
        return replacedSeqs[slot];
    }

    /** The thread that holds the lock; {@link Event#ABSENT} if none does. */
    public long holderTid() {
        return holderTid;
    }

    /** The seq of the acquisition by the thread that holds the lock; 0 if none does. */
    public long heldSeq() {
        return heldSeq;
    }

    /** Whether anybody was ever seen to lock it. */
    public boolean wasLocked() {
        return wasLocked;
    }

    /** The acquire ticket under which it is held; {@link Event#ABSENT} if it is not, or under none. */
    public long ticket() {
        return ticket;
    }

    /** The seq of the last {@code resv_reserve} under the lock hold; 0 if there is none. */
    public long reserveSeq() {
        return reserveSeq;
    }

    /** The seq of the last fence that took a slot although none was reserved under the lock hold; 0 if none did. */
    public long overdrawnSeq() {
        return overdrawnSeq;
    }

    /** The seq of the last add that put a fence of weaker usage over a pending one of its context; 0 if none did. */
    public long degradedSeq() {
        return degradedSeq;
    }

    /** The fence that add wrote over. */
    public long degradedFence() {
        return degradedFence;
    }

    /** The seq at which that fence had been added. */
    public long degradedAddSeq() {
        return degradedAddSeq;
    }

    /**
     * The contexts whose fences dma_resv_replace_fences exchanged, and which added none since: the subject is the context, the
     * token the fence that took their place.
     */
    public SectionStack replacements() {
        return replacements;
    }

    /** The slot whose index the kernel counts as {@code index}; negative if it is not known. */
    int slotAt(long index) {
        for (int slot = 0; slot < count; slot++) {
            if (indexes[slot] == index && replacedSeqs[slot] == 0) {
                return slot;
            }
        }
        return -1;
    }

    /** The index that the next new slot gets; negative if unknown. */
    int nextIndex() {
        int next = 0;
        for (int slot = 0; slot < count; slot++) {
            if (replacedSeqs[slot] == 0) {
                if (indexes[slot] < 0) {
                    return -1;
                }
                next = Math.max(next, indexes[slot] + 1);
            }
        }
        return next;
    }

    /** The fence gets the slot of another, which stays remembered behind the slots. */
    void overwrite(int slot, long fence, Usage usage, long seq) {
        long old = fences[slot];
        Usage oldUsage = usages[slot];
        long oldAddSeq = addSeqs[slot];
        fences[slot] = fence;
        usages[slot] = usage;
        addSeqs[slot] = seq;
        add(old, oldUsage, oldAddSeq, -1);
        replacedSeqs[count - 1] = seq;
    }

    void add(long fence, Usage usage, long seq, int index) {
        if (count == fences.length) {
            fences = Arrays.copyOf(fences, count * 2);
            usages = Arrays.copyOf(usages, count * 2);
            addSeqs = Arrays.copyOf(addSeqs, count * 2);
            replacedSeqs = Arrays.copyOf(replacedSeqs, count * 2);
            indexes = Arrays.copyOf(indexes, count * 2);
        }
        fences[count] = fence;
        usages[count] = usage;
        addSeqs[count] = seq;
        replacedSeqs[count] = 0;
        indexes[count] = index;
        count++;
    }

    /** Removes the slot and keeps the order of the others. */
    void remove(int slot) {
        int rest = count - slot - 1;
        System.arraycopy(fences, slot + 1, fences, slot, rest);
        System.arraycopy(usages, slot + 1, usages, slot, rest);
        System.arraycopy(addSeqs, slot + 1, addSeqs, slot, rest);
        System.arraycopy(replacedSeqs, slot + 1, replacedSeqs, slot, rest);
        System.arraycopy(indexes, slot + 1, indexes, slot, rest);
        count--;
    }

    boolean isFull() {
        return count == fences.length;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(fences.length);
        out.number(count);
        for (int slot = 0; slot < count; slot++) {
            out.number(fences[slot]);
            out.symbol(usages[slot]);
            out.number(addSeqs[slot]);
            out.number(replacedSeqs[slot]);
            out.number(indexes[slot]);
        }
        out.number(holderTid);
        out.number(heldSeq);
        out.flag(wasLocked);
        out.number(ticket);
        out.number(freeSlots);
        out.number(reserveSeq);
        out.number(overdrawnSeq);
        out.number(degradedSeq);
        out.number(degradedFence);
        out.number(degradedAddSeq);
        replacements.write(out);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        int capacity = in.count();
        fences = new long[capacity];
        usages = new Usage[capacity];
        addSeqs = new long[capacity];
        replacedSeqs = new long[capacity];
        indexes = new int[capacity];
        count = in.count();
        for (int slot = 0; slot < count; slot++) {
            fences[slot] = in.number();
            usages[slot] = in.symbol(USAGES);
            addSeqs[slot] = in.number();
            replacedSeqs[slot] = in.number();
            indexes[slot] = (int) in.number();
        }
        holderTid = in.number();
        heldSeq = in.number();
        wasLocked = in.flag();
        ticket = in.number();
        freeSlots = in.number();
        reserveSeq = in.number();
        overdrawnSeq = in.number();
        degradedSeq = in.number();
        degradedFence = in.number();
        degradedAddSeq = in.number();
        replacements.read(in);
    }
}
