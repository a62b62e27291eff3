package dev.fenceline.analytics.state;

import java.io.IOException;

/** Whose data is in VRAM ranges and in system pages. */
public final class MemoryContents implements StatePart {
    MemoryContents() {}

    @Override
    public void write(SnapshotWriter out) throws IOException {}

    @Override
    public void read(SnapshotReader in) throws IOException {}
}
