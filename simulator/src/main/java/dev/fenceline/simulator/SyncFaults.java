package dev.fenceline.simulator;

import java.util.List;

/** The ways in which sync objects, sync files and fence containers break A-Y01 to A-Y06. */
final class SyncFaults {
    static final List<Fault> ALL = List.of();

    private SyncFaults() {}
}
