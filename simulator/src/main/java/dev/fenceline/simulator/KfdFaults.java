package dev.fenceline.simulator;

import dev.fenceline.simulator.kfd.DebugTrap;
import dev.fenceline.simulator.kfd.KfdIoctl;
import dev.fenceline.simulator.kfd.RestoreUserptrs;
import java.util.List;

/** The ways in which the KFD breaks U17, K01 and K02. */
final class KfdFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                            RestoreUserptrs.RESUMES_STALE,
                            "U17",
                            "The restore worker lets queues run although a BO was evicted since its pages were fetched.",
                            Scenarios.KFD_COMPUTE)
                    .alsoBreaks("U01"),
            Fault.of(
                    DebugTrap.UNTRACED,
                    "K01",
                    "A process debugs a compute process that it does not trace.",
                    Scenarios.KFD_COMPUTE),
            Fault.of(
                    KfdIoctl.SERVES_ANYBODY,
                    "K02",
                    "A file of /dev/kfd works in a process that inherited it.",
                    Scenarios.KFD_COMPUTE));

    private KfdFaults() {}
}
