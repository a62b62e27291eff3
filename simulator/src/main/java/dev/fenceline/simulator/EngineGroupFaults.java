package dev.fenceline.simulator;

import dev.fenceline.simulator.debug.EuControl;
import dev.fenceline.simulator.gt.EngineGroup;
import java.util.List;

/** The ways in which work that may fault and jobs with fences run on the same engines at once, which breaks V12, or are taken for each other. */
final class EngineGroupFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    EngineGroup.SKIPS_SWITCH,
                    "V12",
                    "A job is submitted to a group of engines on which work runs that may fault, and nobody suspends that.",
                    EngineGroupScenarios.SHARED_ENGINES),
            Fault.of(
                    EngineGroup.SKIPS_SUSPEND_WAIT,
                    "V12",
                    "A group of engines is switched to jobs when the queues that may fault were only asked to leave.",
                    EngineGroupScenarios.SHARED_ENGINES),
            Fault.of(
                    EngineGroup.SKIPS_JOB_WAIT,
                    "V12",
                    "Queues that may fault are put back on a group of engines without waiting for the last fences of its jobs.",
                    EngineGroupScenarios.SHARED_ENGINES),
            Fault.of(
                    EuControl.IGNORES_ABSENCE,
                    "D13",
                    "A debugger's interrupt of a queue that is off the hardware succeeds, and reaches whoever is there.",
                    EngineGroupScenarios.DEBUGGED_ON_SHARED_ENGINES));

    private EngineGroupFaults() {}
}
