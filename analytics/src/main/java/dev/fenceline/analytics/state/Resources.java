package dev.fenceline.analytics.state;

import java.io.IOException;

/** The resources of TTM: who owns which, and who had a range of VRAM before. */
public final class Resources implements StatePart {
    Resources() {}

    @Override
    public void write(SnapshotWriter out) throws IOException {}

    @Override
    public void read(SnapshotReader in) throws IOException {}
}
