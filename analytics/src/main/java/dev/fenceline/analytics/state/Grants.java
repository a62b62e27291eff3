package dev.fenceline.analytics.state;

import java.io.IOException;

/** Which client may use which buffer object. */
public final class Grants implements StatePart {
    Grants() {}

    @Override
    public void write(SnapshotWriter out) throws IOException {}

    @Override
    public void read(SnapshotReader in) throws IOException {}
}
