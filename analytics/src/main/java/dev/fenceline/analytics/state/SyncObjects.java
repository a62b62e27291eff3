package dev.fenceline.analytics.state;

import java.io.IOException;

/** The sync objects and sync files, and the fences they stand for. */
public final class SyncObjects implements StatePart {
    SyncObjects() {}

    @Override
    public void write(SnapshotWriter out) throws IOException {}

    @Override
    public void read(SnapshotReader in) throws IOException {}
}
