package dev.fenceline.simulator;

import dev.fenceline.simulator.debug.AccessBo;
import dev.fenceline.simulator.debug.AccessUserptr;
import dev.fenceline.simulator.debug.Connect;
import dev.fenceline.simulator.debug.VmFile;
import dev.fenceline.simulator.drm.Crtc;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.ttm.Evict;
import dev.fenceline.simulator.ttm.Moves;
import dev.fenceline.simulator.ttm.Release;
import dev.fenceline.simulator.vm.InvalidateUserptr;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The faults there are. */
public final class Faults {
    private static final Scenario COMPOSITOR = Scenarios.COMPOSITOR;
    private static final Scenario COMPUTE = Scenarios.COMPUTE_UNDER_PRESSURE;
    private static final Scenario DEBUGGER = Scenarios.DEBUGGER_SESSION;

    private static final List<Fault> ALL = List.of(
            fault(
                    Evict.IGNORES_PIN,
                    "A-T01",
                    "The walk over eviction candidates takes a BO although it is pinned for scanout.",
                    COMPOSITOR),
            fault(
                    Moves.FREES_SOURCE_EARLY,
                    "A-T12",
                    "A move back to VRAM gives the system pages back at once, and the copy engine reads them afterwards.",
                    COMPOSITOR),
            fault(
                    Release.SKIPS_BOOKKEEP,
                    "A-T14",
                    "The release of a BO looks at KERNEL fences only and destroys it while BOOKKEEP fences are pending.",
                    COMPOSITOR),
            fault(
                    DmaFence.SIGNALS_TWICE,
                    "A-F01",
                    "A second interrupt handler signals a hardware fence without looking at its SIGNALED bit.",
                    COMPOSITOR,
                    COMPUTE,
                    DEBUGGER),
            fault(
                    Timeline.SEQNO_GOES_BACK,
                    "A-F04",
                    "A ring takes the seqno of one fence from a stale copy of its counter.",
                    COMPOSITOR,
                    COMPUTE),
            fault(
                    Crtc.LOSES_FLIP,
                    "A-F07",
                    "The event of a vertical blank gets lost; the out-fence in userspace's hands never signals.",
                    COMPOSITOR),
            fault(
                    AccessUserptr.READS_UNLOCKED,
                    "U01",
                    "The debugger's read of a userptr copies the pages after it gave the notifier lock back.",
                    DEBUGGER),
            fault(
                    InvalidateUserptr.RETURNS_EARLY,
                    "U06",
                    "The second pass of the notifier returns without waiting for the fences of the VM.",
                    COMPUTE,
                    DEBUGGER),
            fault(
                    AccessUserptr.LOSES_REBIND,
                    "U09",
                    "The debugger's read takes a stale userptr off the invalidated list, so that nobody binds its new pages"
                            + " (thread 001).",
                    DEBUGGER),
            fault(
                    Connect.UNCHECKED,
                    "D01",
                    "A debugger attaches without the ptrace check to a process it may not look into.",
                    DEBUGGER),
            fault(
                    VmFile.FOREIGN_HANDLE,
                    "D03",
                    "A VM handle is looked up in all connections, so a debugger opens a VM of a process it does not debug.",
                    DEBUGGER),
            fault(
                    AccessBo.READS_TOO_EARLY,
                    "T05",
                    "The debugger's CPU read of a BO does not wait for the clear of its memory (thread 000).",
                    DEBUGGER));

    private Faults() {}

    private static Fault fault(Deviation deviation, String rule, String statement, Scenario... shownIn) {
        List<String> names = new ArrayList<>(shownIn.length);
        for (Scenario scenario : shownIn) {
            names.add(scenario.name());
        }
        return new Fault(deviation, rule, statement, names, List.of());
    }

    /** All faults, in the order of their rules. */
    public static List<Fault> all() {
        return ALL;
    }

    /** The fault called {@code name}, or null. */
    public static @Nullable Fault named(String name) {
        for (Fault fault : ALL) {
            if (fault.name().equals(name)) {
                return fault;
            }
        }
        return null;
    }
}
