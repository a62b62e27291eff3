package dev.fenceline.simulator;

import dev.fenceline.simulator.vm.InvalidateGfx;
import dev.fenceline.simulator.vm.SubmitCs;
import dev.fenceline.simulator.vm.SubmitExecbuf;
import java.util.List;

/** The ways in which the userptr of amdgpu and i915, a BO, breaks U06, U09 and U16. */
final class UserptrBoFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                            InvalidateGfx.RETURNS_EARLY,
                            "U06",
                            "The notifier of a userptr BO returns without waiting for the fences of the BO.",
                            Scenarios.USERPTR_JOBS)
                    .alsoBreaks("U01"),
            Fault.of(
                            SubmitCs.SKIPS_CHECK,
                            "U09",
                            "A job is submitted although pages of a userptr BO went stale after they were fetched.",
                            Scenarios.USERPTR_JOBS)
                    .alsoBreaks("U10", "U01"),
            Fault.of(
                    SubmitExecbuf.SKIPS_CHECK,
                    "U16",
                    "A job is submitted although a range of user memory changed since its pages were pinned.",
                    Scenarios.PINNED_USERPTR));

    private UserptrBoFaults() {}
}
