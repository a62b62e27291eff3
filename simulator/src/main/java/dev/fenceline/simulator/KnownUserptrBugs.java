package dev.fenceline.simulator;

import dev.fenceline.simulator.debug.AccessUserptr;
import java.util.List;

/** Defects of the userptr access that was posted for debuggers (thread 001), as the patch has them. */
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
                    Scenarios.DEBUGGER_SESSION));

    private KnownUserptrBugs() {}
}
