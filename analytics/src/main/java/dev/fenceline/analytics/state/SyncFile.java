package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;

/** A sync_file and the fence it stands for. */
public final class SyncFile extends KernelObject {
    long fence = Event.ABSENT;
    long fenceSeq;

    SyncFile(long id) {
        super(id);
    }

    /** The fence it was created for; {@link Event#ABSENT} if unknown. */
    public long fence() {
        return fence;
    }

    /** The seq of the event that first named that fence. */
    public long fenceSeq() {
        return fenceSeq;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(fence);
        out.number(fenceSeq);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        fence = in.number();
        fenceSeq = in.number();
    }
}
