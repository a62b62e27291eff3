package dev.fenceline.simulator;

import dev.fenceline.simulator.drm.Crtc;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.Timeline;
import java.util.List;

/** The ways in which fences break A-F01 to A-F17. */
final class FenceFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    DmaFence.SIGNALS_TWICE,
                    "A-F01",
                    "A second interrupt handler signals a hardware fence without looking at its SIGNALED bit.",
                    Scenarios.COMPOSITOR,
                    Scenarios.COMPUTE_UNDER_PRESSURE,
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    Timeline.SEQNO_GOES_BACK,
                    "A-F04",
                    "A ring takes the seqno of one fence from a stale copy of its counter.",
                    Scenarios.COMPOSITOR,
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                    Crtc.LOSES_FLIP,
                    "A-F07",
                    "The event of a vertical blank gets lost; the out-fence in userspace's hands never signals.",
                    Scenarios.COMPOSITOR));

    private FenceFaults() {}
}
