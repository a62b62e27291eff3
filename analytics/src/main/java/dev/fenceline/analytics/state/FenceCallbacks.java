package dev.fenceline.analytics.state;

import java.io.IOException;

/** The callbacks that are queued on fences. */
public final class FenceCallbacks implements StatePart {
    FenceCallbacks() {}

    @Override
    public void write(SnapshotWriter out) throws IOException {}

    @Override
    public void read(SnapshotReader in) throws IOException {}
}
