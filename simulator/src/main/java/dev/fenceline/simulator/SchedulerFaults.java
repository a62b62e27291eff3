package dev.fenceline.simulator;

import dev.fenceline.simulator.sched.Entity;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.sched.Scheduler;
import dev.fenceline.simulator.sched.TimedOut;
import dev.fenceline.simulator.vm.DestroyQueue;
import dev.fenceline.simulator.vm.Exec;
import java.util.List;

/** The ways in which the scheduler breaks A-S01 to A-S11. */
final class SchedulerFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    Exec.ARMS_AND_GIVES_UP,
                    "A-S01",
                    "A submission fails after its job was armed, and cleans the job up.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                            Entity.POPS_OUT_OF_ORDER,
                            "A-S02",
                            "The second of two queued jobs of an entity is taken first.",
                            Scenarios.EXPLICIT_SYNC)
                    .alsoBreaks("A-S03", "A-F03"),
            Fault.of(
                            Entity.FORGETS_DEPENDENCY,
                            "A-S03",
                            "A job runs although a fence that it depends on is pending.",
                            Scenarios.COMPOSITOR)
                    .alsoBreaks("A-T06", "A-R06", "V16"),
            Fault.of(
                    Entity.FINISHED_FIRST,
                    "A-S04",
                    "The job of a killed entity has its finished fence signalled before the scheduled one.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                    Scheduler.DONE_TWICE,
                    "A-S05",
                    "A job is reported done by its callback, and once more by the worker that frees it.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                    Scheduler.IGNORES_CREDITS,
                    "A-S06",
                    "A job is taken although it does not fit on the ring.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                            TimedOut.LEAVES_JOBS,
                            "A-S07",
                            "The timeout handler says RESET and neither completes nor resubmits what was on the ring.",
                            Scenarios.GPU_HANG)
                    .alsoBreaks("A-F07"),
            Fault.of(
                    TimedOut.INITIALISES_AGAIN,
                    "A-S08",
                    "A job that is submitted again has its hardware fence initialised a second time.",
                    Scenarios.GPU_HANG),
            Fault.of(
                    Job.TOUCHED_AFTER_PUSH,
                    "A-S09",
                    "The submitter looks at a job after it pushed it.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                    Entity.TOUCHED_AFTER_POP,
                    "A-S09",
                    "The scheduler looks at the entity of a job that it popped.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                    DestroyQueue.PUSHES_AFTER_KILL,
                    "A-S10",
                    "Another thread of a dying process pushes the job that it armed to the entity that was killed.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                            Scheduler.ALLOCATES_IN_RUN_JOB,
                            "A-S11",
                            "The run_job of a driver allocates memory with GFP_KERNEL.",
                            Scenarios.COMPOSITOR)
                    .alsoBreaks("A-F09", "V13"));

    private SchedulerFaults() {}
}
