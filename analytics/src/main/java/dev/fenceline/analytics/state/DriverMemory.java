package dev.fenceline.analytics.state;

import java.io.IOException;

/** The driver objects and modules that fences refer to, and the RCU grace periods they must wait for. */
public final class DriverMemory implements StatePart {
    DriverMemory() {}

    @Override
    public void write(SnapshotWriter out) throws IOException {}

    @Override
    public void read(SnapshotReader in) throws IOException {}
}
