package dev.fenceline.simulator;

import dev.fenceline.simulator.debug.AccessUserptr;
import dev.fenceline.simulator.vm.InvalidateUserptr;
import java.util.List;

/** The ways in which userptr and notifiers break U01 to U20. */
final class UserptrFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    AccessUserptr.READS_UNLOCKED,
                    "U01",
                    "The debugger's read of a userptr copies the pages after it gave the notifier lock back.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    InvalidateUserptr.RETURNS_EARLY,
                    "U06",
                    "The second pass of the notifier returns without waiting for the fences of the VM.",
                    Scenarios.COMPUTE_UNDER_PRESSURE,
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    AccessUserptr.LOSES_REBIND,
                    "U09",
                    "The debugger's read takes a stale userptr off the invalidated list, so that nobody binds its new pages"
                            + " (thread 001).",
                    Scenarios.DEBUGGER_SESSION));

    private UserptrFaults() {}
}
