package dev.fenceline.analytics.state;

import java.io.IOException;

/** A range that was given back while a copy out of it may still run. */
public final class VacatedRange {
    final long device;
    final String memory;
    final long start;
    final long end;
    final long fence;
    final long seq;

    VacatedRange(long device, String memory, long start, long end, long fence, long seq) {
        this.device = device;
        this.memory = memory;
        this.start = start;
        this.end = end;
        this.fence = fence;
        this.seq = seq;
    }

    /** The device whose memory it is; absent if unknown. */
    public long device() {
        return device;
    }

    /** The kind of memory, in capitals. */
    public String memory() {
        return memory;
    }

    /** The first page. */
    public long start() {
        return start;
    }

    /** The page after the last. */
    public long end() {
        return end;
    }

    /** The fence of the copy out of it. */
    public long fence() {
        return fence;
    }

    /** The seq at which it was given back. */
    public long seq() {
        return seq;
    }

    void write(SnapshotWriter out) throws IOException {
        out.number(device);
        out.text(memory);
        out.number(start);
        out.number(end);
        out.number(fence);
        out.number(seq);
    }

    static VacatedRange read(SnapshotReader in) throws IOException {
        return new VacatedRange(
                in.number(), Resources.memoryName(in.text()), in.number(), in.number(), in.number(), in.number());
    }
}
