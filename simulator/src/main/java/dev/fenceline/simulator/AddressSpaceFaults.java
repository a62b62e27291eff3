package dev.fenceline.simulator;

import dev.fenceline.simulator.gt.TlbInval;
import dev.fenceline.simulator.vm.CloseVm;
import dev.fenceline.simulator.vm.CreateVm;
import dev.fenceline.simulator.vm.DestroyVm;
import dev.fenceline.simulator.vm.EvictVma;
import dev.fenceline.simulator.vm.Exec;
import dev.fenceline.simulator.vm.InvalidateUserptr;
import dev.fenceline.simulator.vm.InvalidateVma;
import dev.fenceline.simulator.vm.PageFault;
import dev.fenceline.simulator.vm.PreemptWork;
import dev.fenceline.simulator.vm.PtUpdate;
import dev.fenceline.simulator.vm.RebindWorker;
import dev.fenceline.simulator.vm.StartQueue;
import dev.fenceline.simulator.vm.Unbind;
import dev.fenceline.simulator.vm.UserFence;
import java.util.List;

/** The ways in which GPU address spaces break V01 to V18. */
final class AddressSpaceFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                            InvalidateUserptr.KEEPS_ENTRIES,
                            "V01",
                            "Where accesses may fault, a notifier leaves the entries, and the pages are freed under a running queue.",
                            Scenarios.FAULT_MODE_COMPUTE)
                    .alsoBreaks("U07", "U01"),
            Fault.of(
                            InvalidateVma.ASKS_EARLY,
                            "V02",
                            "The TLBs are asked to forget a userptr before its entries are cleared.",
                            Scenarios.FAULT_MODE_COMPUTE)
                    .alsoBreaks("U07"),
            Fault.of(
                    Unbind.SIGNALS_AFTER_ONE_GT,
                    "V03",
                    "The fence of an unbind signals when one of two GTs has forgotten the mapping.",
                    Scenarios.ADDRESS_SPACES),
            Fault.of(
                    TlbInval.SKIPS_SEQNO,
                    "V04",
                    "A number of a TLB invalidation is taken and its request never sent.",
                    Scenarios.FAULT_MODE_COMPUTE),
            Fault.of(
                            TlbInval.IGNORES_TIMEOUT,
                            "V05",
                            "A GT does not answer, the request times out, and its error is looked at by nobody.",
                            Scenarios.TLB_TIMEOUT)
                    .alsoBreaks("U07"),
            Fault.of(
                    DestroyVm.IGNORES_QUEUES,
                    "V06",
                    "An address space is destroyed although a queue with a preempt fence runs in it.",
                    Scenarios.ADDRESS_SPACES),
            Fault.of(
                    CloseVm.PUTS_EARLY,
                    "V07",
                    "An address space is put when it is closed, before its mappings are destroyed, and freed with them.",
                    Scenarios.ADDRESS_SPACES),
            Fault.of(
                            PreemptWork.SIGNALS_EARLY,
                            "V08",
                            "A preempt fence signals when the queue was only asked to leave the hardware.",
                            Scenarios.COMPUTE_UNDER_PRESSURE)
                    .alsoBreaks("V01"),
            Fault.of(
                            RebindWorker.SKIPS_MOVES,
                            "V09",
                            "The rebind worker resumes queues while a move of their memory is pending.",
                            Scenarios.COMPUTE_UNDER_PRESSURE)
                    .alsoBreaks("A-X01"),
            Fault.of(
                    RebindWorker.RESUMES_TWICE,
                    "V10",
                    "The rebind worker resumes queues that it has resumed already.",
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                    StartQueue.ACCEPTS_SYNCOBJ,
                    "V11",
                    "The submission of long-running work puts a fence of it into a syncobj.",
                    Scenarios.ADDRESS_SPACES),
            Fault.of(
                    CreateVm.TAKES_FAULTING_JOBS,
                    "V12",
                    "An address space is made in which jobs with fences may fault.",
                    Scenarios.ADDRESS_SPACES),
            Fault.of(
                    PreemptWork.TAKES_VM_LOCK,
                    "V13",
                    "The worker that signals a preempt fence takes the lock of the address space first.",
                    Scenarios.COMPUTE_UNDER_PRESSURE),
            Fault.of(
                            PtUpdate.ALLOCATES_LATE,
                            "V14",
                            "A bind allocates a page table when its fence is in the reservations already.",
                            Scenarios.ADDRESS_SPACES)
                    .alsoBreaks("A-F08"),
            Fault.of(
                    PageFault.ANSWERS_TWICE,
                    "V15",
                    "The firmware gets two answers to one page fault.",
                    Scenarios.FAULT_MODE_COMPUTE),
            Fault.of(
                    EvictVma.KEEPS_ENTRIES,
                    "V16",
                    "A BO moves, and the entries stay through which queues that may fault use its old place.",
                    Scenarios.FAULT_MODE_COMPUTE),
            Fault.of(
                    Exec.IGNORES_CLOSED,
                    "V17",
                    "A job is submitted to an address space that is destroyed.",
                    Scenarios.ADDRESS_SPACES),
            Fault.of(
                    UserFence.SIGNALS_EARLY,
                    "V18",
                    "The value of a user fence is written while the bind is still to be done by the copy engine.",
                    Scenarios.ADDRESS_SPACES));

    private AddressSpaceFaults() {}
}
