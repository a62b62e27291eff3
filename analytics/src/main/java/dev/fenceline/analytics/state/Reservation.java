package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.Usage;
import java.io.IOException;
import java.util.Arrays;

/**
 * A dma_resv: the fences added to it that may be pending, in the order they were added.
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
    long holderTid = Event.ABSENT;
    long heldSeq;

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

    void add(long fence, Usage usage, long seq) {
        if (count == fences.length) {
            fences = Arrays.copyOf(fences, count * 2);
            usages = Arrays.copyOf(usages, count * 2);
            addSeqs = Arrays.copyOf(addSeqs, count * 2);
            replacedSeqs = Arrays.copyOf(replacedSeqs, count * 2);
        }
        fences[count] = fence;
        usages[count] = usage;
        addSeqs[count] = seq;
        replacedSeqs[count] = 0;
        count++;
    }

    boolean contains(long fence, Usage usage) {
        for (int slot = 0; slot < count; slot++) {
            if (fences[slot] == fence && usages[slot] == usage && replacedSeqs[slot] == 0) {
                return true;
            }
        }
        return false;
    }

    /** Removes the slot and keeps the order of the others. */
    void remove(int slot) {
        int rest = count - slot - 1;
        System.arraycopy(fences, slot + 1, fences, slot, rest);
        System.arraycopy(usages, slot + 1, usages, slot, rest);
        System.arraycopy(addSeqs, slot + 1, addSeqs, slot, rest);
        System.arraycopy(replacedSeqs, slot + 1, replacedSeqs, slot, rest);
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
        }
        out.number(holderTid);
        out.number(heldSeq);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        int capacity = in.count();
        fences = new long[capacity];
        usages = new Usage[capacity];
        addSeqs = new long[capacity];
        replacedSeqs = new long[capacity];
        count = in.count();
        for (int slot = 0; slot < count; slot++) {
            fences[slot] = in.number();
            usages[slot] = in.symbol(USAGES);
            addSeqs[slot] = in.number();
            replacedSeqs[slot] = in.number();
        }
        holderTid = in.number();
        heldSeq = in.number();
    }
}
