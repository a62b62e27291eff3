package dev.fenceline.simulator;

import java.util.List;

/** The ways in which the scheduler breaks A-S01 to A-S11. */
final class SchedulerFaults {
    static final List<Fault> ALL = List.of();

    private SchedulerFaults() {}
}
