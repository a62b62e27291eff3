package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;

/** A dma_fence_cb that is queued on a fence; its {@link #born()} is where it was queued. */
public final class CallbackNode extends KernelObject {
    long fence = Event.ABSENT;

    CallbackNode(long id) {
        super(id);
    }

    /** The fence it is queued on. */
    public long fence() {
        return fence;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(fence);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        fence = in.number();
    }
}
