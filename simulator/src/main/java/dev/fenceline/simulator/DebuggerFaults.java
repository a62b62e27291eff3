package dev.fenceline.simulator;

import dev.fenceline.simulator.debug.AccessBo;
import dev.fenceline.simulator.debug.AckEvent;
import dev.fenceline.simulator.debug.AttentionScan;
import dev.fenceline.simulator.debug.AwaitReader;
import dev.fenceline.simulator.debug.ClientEvents;
import dev.fenceline.simulator.debug.Connect;
import dev.fenceline.simulator.debug.DebugConnection;
import dev.fenceline.simulator.debug.EuControl;
import dev.fenceline.simulator.debug.EuDebug;
import dev.fenceline.simulator.debug.PtraceAccess;
import dev.fenceline.simulator.debug.ReadEvent;
import dev.fenceline.simulator.debug.VmAccess;
import dev.fenceline.simulator.debug.VmFile;
import dev.fenceline.simulator.dump.DeviceCoredump;
import dev.fenceline.simulator.vm.CreateQueue;
import dev.fenceline.simulator.vm.PageFault;
import dev.fenceline.simulator.workload.Debugger;
import dev.fenceline.simulator.workload.KernelDebugger;
import java.util.List;

/** The ways in which debuggers and core dumps break D01 to D20, T01 to T11, C01 and C02. */
final class DebuggerFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    Connect.UNCHECKED,
                    "D01",
                    "A debugger attaches without the ptrace check to a process it may not look into.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    Connect.SECOND,
                    "D02",
                    "A second debugger attaches to a process that is debugged, instead of getting -EBUSY.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    VmFile.FOREIGN_HANDLE,
                    "D03",
                    "A VM handle is looked up in all connections, so a debugger opens a VM of a process it does not debug.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    DebugConnection.REPEATS_NUMBER,
                    "D04",
                    "An event gets the number of the one before it.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    ClientEvents.QUEUE_FIRST,
                    "D05",
                    "The playback shows a queue before the VM that it belongs to.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    ClientEvents.METADATA_UNTOLD,
                    "D06",
                    "An operation of a bind is told with one image attached, and which one is not told.",
                    DebuggerScenarios.IMAGES_ATTACHED_TO_CODE),
            Fault.of(
                    ClientEvents.REPEATS_OPERATION,
                    "D06",
                    "An operation of a bind is told again, as by a bind that collided and was repeated.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    ReadEvent.RELEASES_AT_READ,
                    "D07",
                    "The user fence of a bind goes when the debugger reads of it, not when it acknowledges.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    AckEvent.TAKEN_TWICE,
                    "D08",
                    "An acknowledgement that was given already is taken again.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    Debugger.LOOKS_EARLY,
                    "D09",
                    "The debugger looks at what is being bound before it is told that the bind is done.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    ClientEvents.SHOWS_TWICE,
                    "D10",
                    "A queue is shown by the playback and once more by the ioctl that made it.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    AwaitReader.WAITS_FOR_EVER,
                    "D11",
                    "A client waits for a debugger that reads nothing, and nobody ends the connection.",
                    Scenarios.DEBUGGER_DOES_NOT_READ),
            Fault.of(
                    KernelDebugger.SKIPS_FLUSH,
                    "D12",
                    "A debugger takes a breakpoint out and resumes the threads without a flush.",
                    Scenarios.GPU_BREAKPOINTS),
            Fault.of(
                    EuControl.HALTS_OTHER,
                    "D13",
                    "An interrupt halts the context of another client that is on the hardware.",
                    Scenarios.GPU_BREAKPOINTS),
            Fault.of(
                    AttentionScan.NAMES_DESTROYED,
                    "D14",
                    "Attention is told under the handle of a queue that was destroyed.",
                    Scenarios.GPU_BREAKPOINTS),
            Fault.of(
                    AttentionScan.LEAVES_UNATTENDED,
                    "D15",
                    "Threads that stand still and that nobody serves are found and left.",
                    Scenarios.BREAKPOINT_WITHOUT_DEBUGGER),
            Fault.of(
                            KernelDebugger.SITS_AT_PROMPT,
                            "D16",
                            "Somebody looks at halted threads for longer than those who want the memory of their VM can wait.",
                            Scenarios.GPU_BREAKPOINTS)
                    .alsoBreaks("A-F07"),
            Fault.of(
                    CreateQueue.DEBUGS_ANYWHERE,
                    "D17",
                    "A debuggable queue is made in a VM with preempt fences, against the policy of November 2024.",
                    Scenarios.HALTED_IN_FAULT_MODE),
            Fault.of(
                    PageFault.SHADOWS,
                    "D18",
                    "The null page for a debugger is mapped without another look, where something is mapped.",
                    Scenarios.PAGE_FAULT_UNDER_DEBUGGER),
            Fault.of(
                    DebugConnection.STAYS_LINKED,
                    "D19",
                    "A connection that was detached still hears of its client, and holds what it held.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    EuDebug.CHECKS_ONCE,
                    "D20",
                    "A client that a process opened after it executed a set-uid program is shown to its old debugger.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    AccessBo.UNBOUNDED,
                    "T01",
                    "A read of a mapping by ptrace copies bytes that the BO does not have.",
                    Scenarios.MEMORY_READ_FROM_OUTSIDE),
            Fault.of(
                    AccessBo.UNRESERVED,
                    "T02",
                    "The bytes of a BO are copied without its reservation, so that it may move meanwhile.",
                    Scenarios.MEMORY_READ_FROM_OUTSIDE,
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    AccessBo.KMAPS_VRAM,
                    "T03",
                    "A BO in VRAM is mapped as if it had pages, instead of asking the driver.",
                    Scenarios.MEMORY_READ_FROM_OUTSIDE),
            Fault.of(
                    PtraceAccess.LETS_SLEEP,
                    "T11",
                    "A debugger reads VRAM through the aperture while the GPU sleeps, and nobody wakes it.",
                    DebuggerScenarios.MEMORY_READ_WHILE_ASLEEP),
            Fault.of(
                    VmAccess.HIDES_HOLE,
                    "T07",
                    "An access that met a hole says that all was copied.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                            DeviceCoredump.ALLOCATES,
                            "C01",
                            "The capture of a hang allocates with reclaim, in the section that signals the fences of the hung job.",
                            Scenarios.GPU_HANG)
                    .alsoBreaks("A-F09", "A-S11", "V13"),
            Fault.of(
                    DeviceCoredump.OVERWRITES,
                    "C02",
                    "A later hang writes over the dump of the first, which nobody has read.",
                    Scenarios.GPU_HANG),
            Fault.of(
                    DeviceCoredump.DUMPS_ALL,
                    "C02",
                    "The dump holds mappings that their program did not mark for it.",
                    Scenarios.GPU_HANG));

    private DebuggerFaults() {}
}
