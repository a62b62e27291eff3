package dev.fenceline.simulator;

import java.util.List;

/** The ways in which one client sees what another left in memory: A-X01 to A-X04. */
final class InformationFaults {
    static final List<Fault> ALL = List.of();

    private InformationFaults() {}
}
