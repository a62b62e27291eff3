package dev.fenceline.simulator;

import dev.fenceline.simulator.ttm.SdmaAccess;
import dev.fenceline.simulator.vm.SubmitCs;
import java.util.List;

/** Defects of amdgpu that kernels were shipped with, as the code has them. */
final class KnownAmdgpuBugs {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    SdmaAccess.SHARES_BUFFER,
                    "T06",
                    "A debugger's access begins while the bounce buffer holds what another one has not taken out (up to 7.3).",
                    Scenarios.TWO_MEMORY_DEBUGGERS),
            Fault.of(
                    SdmaAccess.REUSES_TIMED_OUT,
                    "T06",
                    "A debugger's access uses the bounce buffer while a copy that timed out may still write to it (up to 7.3).",
                    Scenarios.TWO_MEMORY_DEBUGGERS),
            Fault.of(
                    SdmaAccess.WAITS_FOR_NOTHING,
                    "T05",
                    "The engine copies for a debugger before it has moved or cleared the BO (up to 7.3).",
                    Scenarios.DEBUGGED_UNDER_EVICTION),
            Fault.of(
                    SubmitCs.ARMS_UNCHECKED,
                    "A-S01",
                    "A submission arms its job before it finds that a userptr is stale, and cleans it up (up to 7.3).",
                    Scenarios.USERPTR_JOBS));

    private KnownAmdgpuBugs() {}
}
