package dev.fenceline.simulator;

import dev.fenceline.simulator.sched.Scheduler;
import java.util.List;

/** The ways in which the scheduler breaks A-S01 to A-S11. */
final class SchedulerFaults {
    static final List<Fault> ALL = List.of(Fault.of(
                    Scheduler.ALLOCATES_IN_RUN_JOB,
                    "A-S11",
                    "The run_job of a driver allocates memory with GFP_KERNEL.",
                    Scenarios.COMPOSITOR)
            .alsoBreaks("A-F09"));

    private SchedulerFaults() {}
}
