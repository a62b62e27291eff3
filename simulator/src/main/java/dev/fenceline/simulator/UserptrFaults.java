package dev.fenceline.simulator;

import dev.fenceline.simulator.debug.AccessUserptr;
import dev.fenceline.simulator.mm.ReadBegin;
import dev.fenceline.simulator.svm.InvalidateRanges;
import dev.fenceline.simulator.vm.Exec;
import dev.fenceline.simulator.vm.InvalidateUserptr;
import dev.fenceline.simulator.vm.PinPages;
import dev.fenceline.simulator.vm.RebindWorker;
import dev.fenceline.simulator.vm.Unbind;
import java.util.List;

/** The ways in which userptr and notifiers break U01 to U20. */
final class UserptrFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    AccessUserptr.READS_UNLOCKED,
                    "U01",
                    "The debugger's read of a userptr copies the pages after it gave the notifier lock back.",
                    Scenarios.DEBUGGER_SESSION),
            Fault.of(
                    RebindWorker.REBINDS_UNCOMPARED,
                    "U02",
                    "The rebind worker writes the entries of a userptr without a look at its sequence number.",
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                    InvalidateUserptr.SETS_UNLOCKED,
                    "U03",
                    "The notifier callback stores the sequence number before it has the notifier lock.",
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                    ReadBegin.DOES_NOT_WAIT,
                    "U04",
                    "A fetch of pages begins with the number of an invalidation that still runs.",
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                    InvalidateUserptr.SLEEPS,
                    "U05",
                    "The notifier callback takes its lock and waits in a range that must not block.",
                    UserptrScenarios.KILLED_COMPUTE),
            Fault.of(
                            InvalidateUserptr.RETURNS_EARLY,
                            "U06",
                            "The second pass of the notifier returns without waiting for the fences of the VM.",
                            Scenarios.COMPUTE_UNDER_PRESSURE,
                            Scenarios.DEBUGGER_SESSION,
                            UserptrScenarios.FORKING_COMPUTE)
                    .alsoBreaks("V01", "U01"),
            Fault.of(
                            InvalidateUserptr.RETURNS_BEFORE_TLB,
                            "U07",
                            "Where accesses may fault, the notifier returns before the TLBs have forgotten the pages.",
                            Scenarios.FAULT_MODE_COMPUTE)
                    .alsoBreaks("V01"),
            Fault.of(
                            InvalidateRanges.RETURNS_BEFORE_TLB,
                            "U07",
                            "The notifier of SVM ranges returns before the TLBs have forgotten them.",
                            UserptrScenarios.SYSTEM_ALLOCATOR)
                    .alsoBreaks("V01"),
            Fault.of(
                    InvalidateUserptr.KEEPS_DMA,
                    "U08",
                    "The notifier leaves the pages mapped for DMA; they are unmapped when others are fetched.",
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                    InvalidateRanges.KEEPS_DMA,
                    "U08",
                    "The notifier of SVM ranges leaves the pages of one mapped for DMA.",
                    UserptrScenarios.SYSTEM_ALLOCATOR),
            Fault.of(
                    RebindWorker.RESUMES_UNLOCKED,
                    "U10",
                    "Preempt fences are armed and queues resumed after the notifier lock of the last check was given back.",
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                    Exec.PUBLISHES_UNLOCKED,
                    "U10",
                    "A job is published after the notifier lock of the last check was given back.",
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                            Unbind.REMOVES_NOTIFIER_EARLY,
                            "U11",
                            "The notifier of a userptr is removed when its unbind is requested, not when it is done.",
                            UserptrScenarios.KILLED_COMPUTE)
                    .alsoBreaks("V01"),
            Fault.of(
                    InvalidateUserptr.ALLOCATES,
                    "U12",
                    "The notifier callback allocates with GFP_KERNEL, so that reclaim may call it again and wait for it.",
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                    PinPages.BEGINS_LOCKED,
                    "U13",
                    "A fetch waits for running invalidations with the notifier lock held, which their callbacks need.",
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                    PinPages.FETCHES_FROM_DEAD,
                    "U14",
                    "Pages are fetched from an address space whose last user is gone.",
                    UserptrScenarios.KILLED_COMPUTE),
            Fault.of(
                    PinPages.KEEPS_NUMBER,
                    "U18",
                    "A fetch that collided is repeated with the number it began with, which cannot come back.",
                    UserptrScenarios.COLLAPSED_USERPTR),
            Fault.of(
                    Exec.WALKS_USERPTRS,
                    "U19",
                    "A submission compares the number of every userptr, although none was invalidated.",
                    UserptrScenarios.COLLAPSED_USERPTR),
            Fault.of(
                    InvalidateRanges.ZAPS_PART,
                    "U20",
                    "Of an SVM range that is unmapped in part only the entries of that part are cleared.",
                    UserptrScenarios.SYSTEM_ALLOCATOR),
            Fault.of(
                    InvalidateRanges.KEEPS_RANGE,
                    "U20",
                    "An SVM range part of which was unmapped is bound again for what was mapped there instead.",
                    UserptrScenarios.SYSTEM_ALLOCATOR));

    private UserptrFaults() {}
}
