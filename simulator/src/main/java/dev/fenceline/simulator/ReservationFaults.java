package dev.fenceline.simulator;

import java.util.List;

/** The ways in which reservation objects break A-R01 to A-R07. */
final class ReservationFaults {
    static final List<Fault> ALL = List.of();

    private ReservationFaults() {}
}
