package dev.fenceline.simulator;

import dev.fenceline.simulator.sched.TimedOut;
import java.util.List;

/** Defects of schedulers and drivers that kernels were shipped with, as the code has them. */
final class KnownSchedulerBugs {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    TimedOut.RENUMBERS,
                    "A-S08",
                    "A job that is submitted again keeps its hardware fence under a new seqno, as amdgpu does up to 6.12.",
                    Scenarios.GPU_HANG),
            Fault.of(
                    TimedOut.GUILTY_OVERTAKES,
                    "A-F03",
                    "A job of an entity that hung the ring is done at once with an error, before an earlier one that is on the ring.",
                    Scenarios.GPU_HANG));

    private KnownSchedulerBugs() {}
}
