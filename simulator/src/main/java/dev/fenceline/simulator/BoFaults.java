package dev.fenceline.simulator;

import dev.fenceline.simulator.drm.Client;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.CpuFault;
import dev.fenceline.simulator.ttm.Evict;
import dev.fenceline.simulator.ttm.HandleMove;
import dev.fenceline.simulator.ttm.Release;
import dev.fenceline.simulator.ttm.SwapOut;
import dev.fenceline.simulator.ttm.Validate;
import dev.fenceline.simulator.ttm.VramArea;
import dev.fenceline.simulator.vm.Exec;
import dev.fenceline.simulator.workload.Compositor;
import dev.fenceline.simulator.workload.Cursor;
import java.util.List;

/** The ways in which buffer objects of TTM break A-T01 to A-T16, and the moves of A-R06. */
final class BoFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                            Evict.IGNORES_PIN,
                            "A-T01",
                            "The walk over eviction candidates takes a BO although it is pinned for scanout.",
                            Scenarios.COMPOSITOR)
                    .alsoBreaks("A-T13"),
            Fault.of(
                    Bo.UNPINS_TWICE,
                    "A-T02",
                    "A buffer that is no longer shown is unpinned once more than it was pinned.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                    Compositor.UNPINS_UNLOCKED,
                    "A-T03",
                    "A buffer that is no longer shown is unpinned without its reservation.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                    HandleMove.KEEPS_CPU_PTES,
                    "A-T04",
                    "A BO moves while a process still has page table entries for where it was.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                            CpuFault.SKIPS_KERNEL_FENCES,
                            "A-T05",
                            "The fault handler maps VRAM whose clear or move is pending.",
                            Scenarios.COMPOSITOR)
                    .alsoBreaks("A-X01"),
            Fault.of(
                    Exec.SKIPS_KERNEL_FENCES,
                    "A-T06",
                    "A job does not wait for the moves and clears of the memory it uses.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                    VramArea.FORGETS_EVICTIONS,
                    "A-T07",
                    "Who gets VRAM does not wait for the evictions that made room for it.",
                    DesktopScenarios.RECYCLED_VRAM),
            Fault.of(
                    HandleMove.FREES_RANGE_EARLY,
                    "A-T08",
                    "A move within VRAM gives the old range back at once, while the copy engine still has to read it.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                    HandleMove.LEAKS_OLD_RESOURCE,
                    "A-T09",
                    "The new resource of an evicted BO is assigned over the old one, which nobody frees.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                    Validate.TAKES_TEMPORARY,
                    "A-T10",
                    "A BO that a signal left in its bounce placement counts as valid, and a job uses it there.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                            SwapOut.SKIPS_IDLE_WAIT,
                            "A-T11",
                            "The pages of a BO that jobs still use are written to swap and freed.",
                            Scenarios.COMPOSITOR)
                    .alsoBreaks("A-T12"),
            Fault.of(
                            HandleMove.FREES_SOURCE_EARLY,
                            "A-T12",
                            "A move back to VRAM gives the system pages back at once, and the copy engine reads them afterwards.",
                            Scenarios.COMPOSITOR)
                    .alsoBreaks("A-T08"),
            Fault.of(
                    Cursor.MAPS_UNPINNED,
                    "A-T13",
                    "The kernel keeps a pointer into a cursor image that it did not pin, and draws through it after an eviction.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                    Release.SKIPS_BOOKKEEP,
                    "A-T14",
                    "The release of a BO looks at KERNEL fences only and destroys it while BOOKKEEP fences are pending.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                            Client.KEEPS_HANDLE,
                            "A-T15",
                            "A handle that was closed still finds its BO, which only waits for its destruction.",
                            Scenarios.COMPOSITOR)
                    .alsoBreaks("A-X04"),
            Fault.of(
                    VramArea.KEEPS_OLDER_FENCE,
                    "A-T16",
                    "Two evictions overtake each other between comparing and storing, and the older fence stays.",
                    Scenarios.COMPOSITOR));

    private BoFaults() {}
}
