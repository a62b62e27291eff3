package dev.fenceline.analytics.state;

import java.io.IOException;

/** Who waits for whom: threads, locks, fences, jobs. */
public final class WaitGraph implements StatePart {
    WaitGraph() {}

    @Override
    public void write(SnapshotWriter out) throws IOException {}

    @Override
    public void read(SnapshotReader in) throws IOException {}
}
