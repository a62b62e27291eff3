package dev.fenceline.simulator;

import dev.fenceline.simulator.fence.FenceArray;
import dev.fenceline.simulator.vm.PreemptWork;
import dev.fenceline.simulator.vm.RebindWorker;
import java.util.List;

/** The ways in which threads break the lock order and wait for each other: A-L01 to A-L04. */
final class LockFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    RebindWorker.FETCHES_UNDER_RESERVATION,
                    "A-L01",
                    "The rebind worker fetches pages of the process, under mmap_lock, while it holds the reservations.",
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                            PreemptWork.TAKES_NOTIFIER_LOCK,
                            "A-L02",
                            "The preempt worker takes the notifier lock before it signals; its holder waits for the preempt fence.",
                            Scenarios.COMPUTE_UNDER_PRESSURE)
                    .alsoBreaks("A-L03", "A-F07"),
            Fault.of(
                            PreemptWork.RECLAIMS,
                            "A-L03",
                            "The preempt worker goes into direct reclaim while a notifier waits for its fence.",
                            Scenarios.COMPUTE_UNDER_PRESSURE)
                    .alsoBreaks("A-F09", "A-L01", "V13"),
            Fault.of(
                    FenceArray.SIGNALS_UNDER_MEMBER,
                    "A-L04",
                    "A fence array signals in the callback of its last member, under that member's lock.",
                    Scenarios.EXPLICIT_SYNC));

    private LockFaults() {}
}
