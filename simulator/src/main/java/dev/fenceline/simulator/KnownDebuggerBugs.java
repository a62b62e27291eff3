package dev.fenceline.simulator;

import dev.fenceline.simulator.debug.AccessBo;
import dev.fenceline.simulator.debug.AccessUserptr;
import dev.fenceline.simulator.debug.ClientEvents;
import dev.fenceline.simulator.debug.VmAccess;
import dev.fenceline.simulator.vm.RemoveNullPage;
import java.util.List;

/** Defects of the memory access that was posted for debuggers (threads 000 and 001), as the patches have them. */
final class KnownDebuggerBugs {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    AccessBo.LEAVES_APERTURE,
                    "T04",
                    "The CPU copies VRAM that lies beyond the aperture (the first version of thread 000's patch).",
                    Scenarios.MEMORY_READ_FROM_OUTSIDE),
            Fault.of(
                    AccessBo.READS_TOO_EARLY,
                    "T05",
                    "The debugger's CPU read of a BO does not wait for the clear of its memory (thread 000).",
                    Scenarios.MEMORY_READ_FROM_OUTSIDE),
            Fault.of(
                    VmAccess.FORGETS_OFFSET,
                    "T08",
                    "The debugger's access takes the offset in the mapping for that in the BO (posted v2 and v3).",
                    Scenarios.GPU_BREAKPOINTS,
                    Scenarios.SPARSE_AND_SPLIT),
            Fault.of(
                    VmAccess.TAKES_SPARSE_FOR_USERPTR,
                    "T09",
                    "The debugger's access takes a sparse mapping, which has no BO, for a userptr (thread 001).",
                    Scenarios.SPARSE_AND_SPLIT),
            Fault.of(
                    ClientEvents.METADATA_NAMES_BIND,
                    "D06",
                    "What tells of the image attached to a mapping names the bind, not the operation (the series' own \"Fix bad op ref seqno\").",
                    DebuggerScenarios.IMAGES_ATTACHED_TO_CODE),
            Fault.of(
                    RemoveNullPage.STAYS,
                    "D18",
                    "The null page that a fault under a debugger left behind is never taken away (patch 26 of posted v3, as a TODO).",
                    Scenarios.PAGE_FAULT_UNDER_DEBUGGER),
            Fault.of(
                    AccessUserptr.MAPS_ONE_PAGE,
                    "T10",
                    "The debugger's read of a userptr maps one page and copies all pages of the segment (thread 001).",
                    Scenarios.DEBUGGER_SESSION));

    private KnownDebuggerBugs() {}
}
