package dev.fenceline.simulator;

import dev.fenceline.simulator.fence.FenceArray;
import dev.fenceline.simulator.fence.FenceMerge;
import dev.fenceline.simulator.sync.SyncFile;
import dev.fenceline.simulator.sync.Syncobj;
import dev.fenceline.simulator.vm.Exec;
import dev.fenceline.simulator.workload.Renderer;
import java.util.List;

/** The ways in which sync objects, sync files and fence containers break A-Y01 to A-Y06. */
final class SyncFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    SyncFile.RETURNS_EARLY,
                    "A-Y01",
                    "A wait for a sync file returns before its fence is done.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                    Syncobj.WAITS_UNDER_LOCK,
                    "A-Y02",
                    "A wait for a submission keeps the mutex under which its handle was looked up.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                    Renderer.COUNTS_BACK,
                    "A-Y03",
                    "A program adds a point to a timeline that does not lie behind the last one.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                            FenceMerge.NESTS,
                            "A-Y04",
                            "The merge of two sync files puts an array into an array.",
                            Scenarios.EXPLICIT_SYNC)
                    .alsoBreaks("A-R02"),
            Fault.of(
                    FenceArray.SIGNALS_EARLY,
                    "A-Y05",
                    "An array signals with the first of its members.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                    Exec.GOES_ON_WITHOUT_FENCE,
                    "A-Y06",
                    "A job is queued that waits for a point nobody has submitted.",
                    Scenarios.EXPLICIT_SYNC));

    private SyncFaults() {}
}
