package dev.fenceline.simulator;

import dev.fenceline.simulator.debug.AccessBo;
import dev.fenceline.simulator.debug.Connect;
import dev.fenceline.simulator.debug.VmFile;
import java.util.List;

/** The ways in which debuggers break D01 to D20 and T01 to T11. */
final class DebuggerFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    Connect.UNCHECKED,
                    "D01",
                    "A debugger attaches without the ptrace check to a process it may not look into.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    VmFile.FOREIGN_HANDLE,
                    "D03",
                    "A VM handle is looked up in all connections, so a debugger opens a VM of a process it does not debug.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    AccessBo.READS_TOO_EARLY,
                    "T05",
                    "The debugger's CPU read of a BO does not wait for the clear of its memory (thread 000).",
                    Scenarios.DEBUGGER_SESSION));

    private DebuggerFaults() {}
}
