package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;

/** A mapping of a BO that the kernel made for itself: from kmap or vmap to the end of it. */
public final class KernelMapping extends KernelObject {
    long bo = Event.ABSENT;
    boolean iomem;
    long mapSeq;

    KernelMapping(long id) {
        super(id);
    }

    /** The BO it shows; {@link Event#ABSENT} if unknown. */
    public long bo() {
        return bo;
    }

    /** Whether it is I/O memory, which does not depend on pages of system memory. */
    public boolean isIomem() {
        return iomem;
    }

    /** The seq from which it is known to be there. */
    public long mapSeq() {
        return mapSeq;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(bo);
        out.flag(iomem);
        out.number(mapSeq);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        bo = in.number();
        iomem = in.flag();
        mapSeq = in.number();
    }
}
