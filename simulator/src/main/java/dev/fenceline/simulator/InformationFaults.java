package dev.fenceline.simulator;

import dev.fenceline.simulator.drm.Client;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.CpuFault;
import dev.fenceline.simulator.ttm.Tt;
import java.util.List;

/** The ways in which one client sees what another left in memory: A-X01 to A-X04. */
final class InformationFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    Bo.SKIPS_CLEAR,
                    "A-X01",
                    "The create ioctl returns VRAM as the last owner left it.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                    Tt.PAGES_NOT_ZEROED,
                    "A-X02",
                    "The pages of a new BO of a user come from the pool with what the last owner left in them.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                    CpuFault.IGNORES_APERTURE,
                    "A-X03",
                    "The fault handler maps VRAM beyond the aperture.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                    Client.MAPS_FOR_ANYBODY,
                    "A-X04",
                    "The offset of a BO maps it for a file that has no handle for it.",
                    Scenarios.COMPOSITOR));

    private InformationFaults() {}
}
