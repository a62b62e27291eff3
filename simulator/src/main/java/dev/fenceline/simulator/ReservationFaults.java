package dev.fenceline.simulator;

import dev.fenceline.simulator.ttm.Migrate;
import java.util.List;

/** The ways in which reservation objects break A-R01 to A-R07. */
final class ReservationFaults {
    static final List<Fault> ALL = List.of(Fault.of(
            Migrate.SKIPS_BOOKKEEP,
            "A-R06",
            "A move waits for the fences of moves and clears only, and starts while jobs still use the BO.",
            Scenarios.COMPOSITOR));

    private ReservationFaults() {}
}
