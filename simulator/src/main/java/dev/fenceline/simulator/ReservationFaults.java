package dev.fenceline.simulator;

import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.ttm.Migrate;
import dev.fenceline.simulator.vm.Unbind;
import dev.fenceline.simulator.workload.Presenter;
import java.util.List;

/** The ways in which reservation objects break A-R01 to A-R07. */
final class ReservationFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    Presenter.IMPORTS_UNLOCKED,
                    "A-R01",
                    "The import of a sync file gives the lock back before it adds the fences.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                    DmaResv.ADDS_CONTAINER,
                    "A-R02",
                    "The import of a sync file adds an array as it is instead of its members.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                            DmaResv.DEGRADES,
                            "A-R03",
                            "A later fence of a context takes the slot of an earlier one although it promises less.",
                            Scenarios.EXPLICIT_SYNC)
                    .alsoBreaks("A-R05"),
            Fault.of(
                            Unbind.REPLACES_PREEMPT_FENCES,
                            "A-R04",
                            "An unbind puts its fence in place of the preempt fences of a VM, whose queues run on and use other mappings.",
                            Scenarios.COMPUTE_UNDER_PRESSURE)
                    .alsoBreaks("V01", "V16", "U01"),
            Fault.of(
                    Job.SKIPS_IMPLICIT_FENCES,
                    "A-R05",
                    "A job with implicit synchronisation does not depend on what is pending in the reservation.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                            Migrate.SKIPS_BOOKKEEP,
                            "A-R06",
                            "A move waits for the fences of moves and clears only, and starts while jobs still use the BO.",
                            Scenarios.COMPOSITOR)
                    .alsoBreaks("V16"),
            Fault.of(
                    LockResvs.FORGETS_CONTENDED,
                    "A-R07",
                    "After -EDEADLK the locks are dropped and taken again in the old order, not the contended one first.",
                    Scenarios.EXPLICIT_SYNC));

    private ReservationFaults() {}
}
