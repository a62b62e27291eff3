package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.Arrays;

/** A ttm_resource: memory of one manager, owned by one BO or ghost. */
public final class Resource extends KernelObject {
    long owner = Event.ABSENT;
    long ownerSeq;
    long newSeq;
    long device = Event.ABSENT;
    String memory = "VRAM";
    int ranges;
    private long[] bounds = new long[3];
    long readerFence = Event.ABSENT;
    long readerSeq;

    Resource(long id) {
        super(id);
    }

    /** The BO or ghost it belongs to; {@link Event#ABSENT} if none is known. */
    public long owner() {
        return owner;
    }

    /** The seq of the event that gave it to its owner. */
    public long ownerSeq() {
        return ownerSeq;
    }

    /** The device whose memory it is; {@link Event#ABSENT} if unknown. */
    public long device() {
        return device;
    }

    /** The kind of memory, in capitals. */
    public String memory() {
        return memory;
    }

    /** How many ranges it consists of, as far as they are known. */
    public int ranges() {
        return ranges;
    }

    /** The first page of the range. */
    public long start(int range) {
        return bounds[3 * range];
    }

    /** The page after the last of the range. */
    public long end(int range) {
        return bounds[3 * range + 1];
    }

    /** The seq at which the range was handed out. */
    public long allocSeq(int range) {
        return bounds[3 * range + 2];
    }

    /** The fence of the move that copies out of it; {@link Event#ABSENT} if none was submitted. */
    public long readerFence() {
        return readerFence;
    }

    /** The seq at which that move was submitted. */
    public long readerSeq() {
        return readerSeq;
    }

    /** The range of it that shares a page with [start, end); negative if none does. */
    public int overlapping(long start, long end) {
        for (int i = 0; i < ranges; i++) {
            if (start(i) < end && start < end(i)) {
                return i;
            }
        }
        return -1;
    }

    void addRange(long start, long end, long seq) {
        if (3 * ranges == bounds.length) {
            bounds = Arrays.copyOf(bounds, 2 * bounds.length);
        }
        bounds[3 * ranges] = start;
        bounds[3 * ranges + 1] = end;
        bounds[3 * ranges + 2] = seq;
        ranges++;
    }

    void removeRange(int range) {
        System.arraycopy(bounds, 3 * range + 3, bounds, 3 * range, 3 * (ranges - range - 1));
        ranges--;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(owner);
        out.number(ownerSeq);
        out.number(newSeq);
        out.number(device);
        out.text(memory);
        out.number(ranges);
        for (int i = 0; i < 3 * ranges; i++) {
            out.number(bounds[i]);
        }
        out.number(readerFence);
        out.number(readerSeq);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        owner = in.number();
        ownerSeq = in.number();
        newSeq = in.number();
        device = in.number();
        memory = Resources.memoryName(in.text());
        ranges = in.count();
        bounds = new long[Math.max(3, 3 * ranges)];
        for (int i = 0; i < 3 * ranges; i++) {
            bounds[i] = in.number();
        }
        readerFence = in.number();
        readerSeq = in.number();
    }
}
