package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.Arrays;

/** Which ranges of VRAM hold what some client wrote, and when it wrote it; what is in no range is clean or unknown. */
public final class VramContents {
    private int count;
    private long[] devices = new long[8];
    private long[] starts = new long[8];
    private long[] ends = new long[8];
    private long[] writers = new long[8];
    private long[] seqs = new long[8];

    VramContents() {}

    /** How many ranges are written. */
    public int size() {
        return count;
    }

    /** The client that wrote range {@code i}; {@link Event#ABSENT} if the event did not say which. */
    public long writer(int i) {
        return writers[i];
    }

    /** The seq of the write. */
    public long seq(int i) {
        return seqs[i];
    }

    /** Whether range {@code i} shares a page with [start, end) of the device; an unknown device may be any. */
    public boolean overlaps(int i, long device, long start, long end) {
        boolean same = devices[i] == device || devices[i] == Event.ABSENT || device == Event.ABSENT;
        return same && starts[i] < end && start < ends[i];
    }

    void write(long device, long start, long end, long writer, long seq) {
        clear(device, start, end);
        add(device, start, end, writer, seq);
    }

    void clear(long device, long start, long end) {
        for (int i = count - 1; i >= 0; i--) {
            if (!overlaps(i, device, start, end)) {
                continue;
            }
            if (ends[i] > end) {
                add(devices[i], end, ends[i], writers[i], seqs[i]);
            }
            if (starts[i] < start) {
                ends[i] = start;
            } else {
                remove(i);
            }
        }
    }

    private void add(long device, long start, long end, long writer, long seq) {
        if (start >= end) {
            return;
        }
        if (count == starts.length) {
            devices = Arrays.copyOf(devices, count * 2);
            starts = Arrays.copyOf(starts, count * 2);
            ends = Arrays.copyOf(ends, count * 2);
            writers = Arrays.copyOf(writers, count * 2);
            seqs = Arrays.copyOf(seqs, count * 2);
        }
        devices[count] = device;
        starts[count] = start;
        ends[count] = end;
        writers[count] = writer;
        seqs[count] = seq;
        count++;
    }

    /** The order of the ranges means nothing. */
    private void remove(int i) {
        count--;
        devices[i] = devices[count];
        starts[i] = starts[count];
        ends[i] = ends[count];
        writers[i] = writers[count];
        seqs[i] = seqs[count];
    }

    void write(SnapshotWriter out) throws IOException {
        out.number(count);
        for (int i = 0; i < count; i++) {
            out.number(devices[i]);
            out.number(starts[i]);
            out.number(ends[i]);
            out.number(writers[i]);
            out.number(seqs[i]);
        }
    }

    void read(SnapshotReader in) throws IOException {
        int ranges = in.count();
        for (int i = 0; i < ranges; i++) {
            add(in.number(), in.number(), in.number(), in.number(), in.number());
        }
    }
}
