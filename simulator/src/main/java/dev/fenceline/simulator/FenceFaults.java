package dev.fenceline.simulator;

import dev.fenceline.simulator.drm.Crtc;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.kernel.Modules;
import dev.fenceline.simulator.sched.Scheduler;
import dev.fenceline.simulator.sync.SyncFile;
import dev.fenceline.simulator.sync.Syncobj;
import dev.fenceline.simulator.sync.Syncpoint;
import dev.fenceline.simulator.vm.Exec;
import dev.fenceline.simulator.vm.GpuVm;
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
                    Scheduler.ERROR_AFTER_SIGNAL,
                    "A-F02",
                    "The scheduler sets the error of a job on its finished fence after that signalled.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                    Syncpoint.COMPLETES_OUT_OF_ORDER,
                    "A-F03",
                    "A fence is found pending although a later one of its context has signalled.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                    Timeline.SEQNO_GOES_BACK,
                    "A-F04",
                    "A ring takes the seqno of one fence from a stale copy of its counter.",
                    Scenarios.COMPOSITOR,
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                    SyncFile.LEAVES_CALLBACK,
                    "A-F05",
                    "The release of a sync file leaves its callback on the fence whose last reference it drops.",
                    Scenarios.EXPLICIT_SYNC),
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
                            Scenarios.COMPOSITOR)
                    .alsoBreaks("V14"),
            Fault.of(
                            PreemptWork.ALLOCATES,
                            "A-F09",
                            "The preempt worker allocates with GFP_NOFS before it signals.",
                            Scenarios.COMPUTE_UNDER_PRESSURE)
                    .alsoBreaks("V13"),
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
                    SyncFile.QUEUES_TWICE,
                    "A-F12",
                    "The poll of a sync file queues its callback although it is queued already.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                    GpuVm.FREED_WITHOUT_GRACE,
                    "A-F13",
                    "A VM's memory, which its preempt and TLB fences refer to, goes without a grace period.",
                    UserptrScenarios.KILLED_COMPUTE),
            Fault.of(
                            Modules.Holder.FENCE.unheeded(),
                            "A-F14",
                            "The driver's modules go although programs hold sync files with fences of theirs.",
                            Scenarios.DRIVER_UNLOAD,
                            UnplugScenarios.DRIVER_RELOADED)
                    .alsoBreaks("A-F13"),
            Fault.of(
                    Compositor.TIMEOUT_IS_DONE,
                    "A-F15",
                    "A program's wait for its frame returns 0, for the time is up, and the frame is shown all the same.",
                    Scenarios.COMPOSITOR),
            Fault.of(
                    Syncobj.EXPORTS_FUTURE,
                    "A-F16",
                    "A sync file is exported from an empty sync object: its fence is done when a program submits something.",
                    Scenarios.EXPLICIT_SYNC),
            Fault.of(
                    DmaFence.ENABLES_TWICE,
                    "A-F17",
                    "The ENABLE_SIGNAL bit of a fence is tested and not set, so its driver is asked twice.",
                    Scenarios.COMPOSITOR,
                    Scenarios.EXPLICIT_SYNC));

    private FenceFaults() {}
}
