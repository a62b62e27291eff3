package dev.fenceline.simulator;

import dev.fenceline.simulator.drm.Crtc;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.vm.Exec;
import dev.fenceline.simulator.vm.PreemptWork;
import dev.fenceline.simulator.workload.Compositor;
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
                    DmaResv.TESTS_AFTER_PUT,
                    "A-F06",
                    "A reservation drops the last reference to a fence that gives up its slot, and then asks whether it is signalled.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                    Crtc.LOSES_FLIP,
                    "A-F07",
                    "The event of a vertical blank gets lost; the out-fence in userspace's hands never signals.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                    Exec.ALLOCATES_LATE,
                    "A-F08",
                    "A submission allocates its commands with GFP_KERNEL after it put the job's fence into the reservations.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                    PreemptWork.ALLOCATES,
                    "A-F09",
                    "The preempt worker allocates with GFP_NOFS before it signals.",
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                    PreemptWork.WRITES_USER_FENCE,
                    "A-F10",
                    "The preempt worker writes to user memory, which may fault, before it signals.",
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                    PreemptWork.WAITS_FOR_ENGINE,
                    "A-F11",
                    "The preempt worker waits for what the engine runs before it signals.",
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                    Compositor.TIMEOUT_IS_DONE,
                    "A-F15",
                    "A program's wait for its frame returns 0, for the time is up, and the frame is shown all the same.",
                    Scenarios.COMPOSITOR));

    private FenceFaults() {}
}
