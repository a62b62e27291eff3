package dev.fenceline.simulator;

import dev.fenceline.simulator.ttm.Evict;
import dev.fenceline.simulator.ttm.Moves;
import dev.fenceline.simulator.ttm.Release;
import java.util.List;

/** The ways in which buffer objects of TTM break A-T01 to A-T16, and the moves of A-R06. */
final class BoFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    Evict.IGNORES_PIN,
                    "A-T01",
                    "The walk over eviction candidates takes a BO although it is pinned for scanout.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                            Moves.FREES_SOURCE_EARLY,
                            "A-T12",
                            "A move back to VRAM gives the system pages back at once, and the copy engine reads them afterwards.",
                            Scenarios.COMPOSITOR)
                    .alsoBreaks("A-T08"),
            Fault.of(
                    Release.SKIPS_BOOKKEEP,
                    "A-T14",
                    "The release of a BO looks at KERNEL fences only and destroys it while BOOKKEEP fences are pending.",
                    Scenarios.COMPOSITOR));

    private BoFaults() {}
}
