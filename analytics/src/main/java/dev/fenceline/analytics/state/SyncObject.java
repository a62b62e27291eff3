package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;

/** A drm_syncobj that holds a fence; one without is as if it were never mentioned. */
public final class SyncObject extends KernelObject {
    long fence = Event.ABSENT;
    long point;
    long pointSeq;
    long fenceSeq;

    SyncObject(long id) {
        super(id);
    }

    /** The fence put in last; {@link Event#ABSENT} if unknown. */
    public long fence() {
        return fence;
    }

    /** The seq at which it was put in. */
    public long fenceSeq() {
        return fenceSeq;
    }

    /** The highest point of its timeline, compared as 64 bits without sign; 0 if its fence is on no timeline. */
    public long point() {
        return point;
    }

    /** The seq at which that point was added; 0 if none was. */
    public long pointSeq() {
        return pointSeq;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(fence);
        out.number(fenceSeq);
        out.number(point);
        out.number(pointSeq);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        fence = in.number();
        fenceSeq = in.number();
        point = in.number();
        pointSeq = in.number();
    }
}
