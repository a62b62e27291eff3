package dev.fenceline.analytics.state;

import java.io.IOException;

/** The schedulers, their entities, and the jobs on their way through them. */
public final class Schedulers implements StatePart {
    Schedulers() {}

    @Override
    public void write(SnapshotWriter out) throws IOException {}

    @Override
    public void read(SnapshotReader in) throws IOException {}
}
