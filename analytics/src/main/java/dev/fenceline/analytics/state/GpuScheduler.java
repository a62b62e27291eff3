package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;
import org.agrona.collections.LongArrayList;

/** A drm_gpu_scheduler and the jobs it has on the hardware. */
public final class GpuScheduler extends KernelObject {
    final LongArrayList pending = new LongArrayList();
    long limit = Event.ABSENT;
    boolean cancels;
    long stopSeq;
    long startSeq;

    GpuScheduler(long id) {
        super(id);
    }

    /** The credits that may be on the hardware at once; {@link Event#ABSENT} if unknown. */
    public long limit() {
        return limit;
    }

    /** Whether its driver can cancel the jobs that are pending at the teardown. */
    public boolean cancels() {
        return cancels;
    }

    /** The seq of the last {@code sched_stop}; 0 if not seen. */
    public long stopSeq() {
        return stopSeq;
    }

    /** The seq of the last {@code sched_start}; 0 if not seen. */
    public long startSeq() {
        return startSeq;
    }

    /** Whether it is stopped: the credits of the jobs that were pending then are given back until it starts. */
    public boolean isStopped() {
        return stopSeq > startSeq;
    }

    /** How many jobs are on the hardware: run, and not done in any way. */
    public int pending() {
        return pending.size();
    }

    /** A job on the hardware, the first run at 0. */
    public long pending(int i) {
        return pending.getLong(i);
    }

    void takeLimit(long stated) {
        if (stated != Event.ABSENT) {
            limit = stated;
        }
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(limit);
        out.flag(cancels);
        out.number(stopSeq);
        out.number(startSeq);
        out.numbers(pending);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        limit = in.number();
        cancels = in.flag();
        stopSeq = in.number();
        startSeq = in.number();
        in.numbers(pending);
    }
}
