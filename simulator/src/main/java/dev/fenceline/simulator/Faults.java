package dev.fenceline.simulator;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The faults there are, one list for each family of rules. */
public final class Faults {
    private static final List<Fault> ALL = Stream.of(
                    BoFaults.ALL,
                    FenceFaults.ALL,
                    ReservationFaults.ALL,
                    SchedulerFaults.ALL,
                    KnownSchedulerBugs.ALL,
                    SyncFaults.ALL,
                    LockFaults.ALL,
                    InformationFaults.ALL,
                    UserptrFaults.ALL,
                    SvmFaults.ALL,
                    AddressSpaceFaults.ALL,
                    EngineGroupFaults.ALL,
                    KnownUserptrBugs.ALL,
                    DebuggerFaults.ALL,
                    KnownDebuggerBugs.ALL,
                    UserptrBoFaults.ALL,
                    KfdFaults.ALL,
                    KnownAmdgpuBugs.ALL,
                    UnplugFaults.ALL,
                    UserQueueFaults.ALL,
                    KnownUserQueueBugs.ALL,
                    DmaBufFaults.ALL)
            .flatMap(List::stream)
            .toList();

    private Faults() {}

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
