package dev.fenceline.simulator;

import dev.fenceline.simulator.debug.AccessUserptr;
import dev.fenceline.simulator.vm.CreateQueue;
import java.util.List;

/** Defects of userptr code as it was posted for debuggers (thread 001), and as xe has it. */
final class KnownUserptrBugs {
    static final List<Fault> ALL = List.of(
            Fault.of(
                            AccessUserptr.LOSES_REBIND,
                            "U09",
                            "The debugger's read takes a stale userptr off the invalidated list, so that nobody binds its new pages"
                                    + " (thread 001).",
                            Scenarios.DEBUGGER_SESSION)
                    .alsoBreaks("U01", "V01"),
            Fault.of(
                    AccessUserptr.WRITES_READ_ONLY,
                    "U15",
                    "The debugger's write to a userptr that was fetched for reading goes through, behind the mm's back (thread 001).",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    CreateQueue.FORGETS_REBINDS,
                    "U01",
                    "A queue that is made while nobody has bound the userptrs fetched last runs on their old pages"
                            + " (xe_vm.c:xe_vm_add_compute_exec_queue).",
                    UserptrScenarios.RELAUNCHED_COMPUTE));

    private KnownUserptrBugs() {}
}
