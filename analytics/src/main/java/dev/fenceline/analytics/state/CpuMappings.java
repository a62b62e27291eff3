package dev.fenceline.analytics.state;

import java.io.IOException;

/** The CPU mappings of buffer objects: user page-table entries and kernel maps. */
public final class CpuMappings implements StatePart {
    CpuMappings() {}

    @Override
    public void write(SnapshotWriter out) throws IOException {}

    @Override
    public void read(SnapshotReader in) throws IOException {}
}
