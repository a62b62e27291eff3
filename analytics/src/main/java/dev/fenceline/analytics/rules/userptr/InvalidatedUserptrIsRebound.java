package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.ExecPublish;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.PreemptFenceArm;
import dev.fenceline.event.Severity;
import dev.fenceline.event.VmListKind;
import dev.fenceline.event.VmaKind;

/** U09: no work is let loose in a VM with an invalidated userptr mapping that was not rebound. */
public final class InvalidatedUserptrIsRebound {
    public static final Rule RULE = Rule.named("U09", "invalidated-userptr-is-rebound")
            .severity(Severity.CRITICAL)
            .states(
                    "In a VM without page faults, work is published or a queue's next preempt fence armed only when every userptr mapping "
                            + "that was invalidated has its page table entries zapped, written anew, or queued to be.")
            .why("The entries still point to pages that may belong to another process: the work reads and writes them.")
            .source(
                    "xe_userptr.c:xe_vm_userptr_pin (invalidated to repin to rebind list), xe_vm.c:preempt_rebind_work_func; "
                            + "thread 001, where xe_vm_userptr_access takes the mapping off the list and forgets the rebind")
            .advice("Whoever takes a mapping off the invalidated list must put it on the rebind list, or zap it.")
            .needs(Stream.NOTIFIER, Stream.PTE, Stream.USERPTR, Stream.VM)
            .before(PreemptFenceArm.class, (arm, state, report) -> {
                if (!isOfNewQueue(arm, state)) {
                    judge(state.queues().vmOf(arm.vm(), arm.queue()), "preempt fence armed", state, report);
                }
            })
            .before(ExecPublish.class, (publish, state, report) -> {
                AddressSpace vm = state.spaces().vm(state.queues().vmOf(publish.vm(), publish.queue()));
                // Work of a long-running VM waits for its queue to be resumed, which the rebind worker does after
                // arming.
                boolean failed = publish.hasResult() && publish.result() < 0;
                if (vm != null && !vm.isLongRunning() && !failed) {
                    judge(vm.id(), "work published", state, report);
                }
            })
            .build();

    private InvalidatedUserptrIsRebound() {}

    /**
     * The first fence of a queue comes with its creation, whatever is stale in the VM: it is enabled at once if something is, and lets
     * no work loose (xe_vm.c:xe_vm_add_compute_exec_queue).
     */
    private static boolean isOfNewQueue(PreemptFenceArm arm, KernelState state) {
        Queue queue = state.queues().queue(arm.queue());
        return queue != null && !queue.isAssumed() && queue.armSeq() == 0;
    }

    private static void judge(long id, String how, KernelState state, Report report) {
        AddressSpace vm = state.spaces().vm(id);
        // In a fault-mode VM the entries were zapped by the invalidation, and the next access faults. Pages that are
        // pinned stay the program's, and U16 asks whether they are current.
        if (vm == null || vm.isFaultMode() || state.session().notifierModel() == NotifierModel.PINNED) {
            return;
        }
        for (int i = 0; i < vm.invalidatedCount(); i++) {
            Mapping mapping = state.spaces().mapping(vm.invalidated(i));
            if (mapping == null || (mapping.kind() != VmaKind.USERPTR && mapping.kind() != VmaKind.UNKNOWN)) {
                continue;
            }
            long stale = state.spaces().staleEntry(mapping);
            if (stale != Event.ABSENT && !state.spaces().isModeKnown(vm) && !vm.isLongRunning()) {
                report.unknown("it is not known whether VM " + vm.id() + " takes page faults");
            } else if (stale != Event.ABSENT) {
                boolean takenOff = mapping.list() == VmListKind.NONE && mapping.listSeq() > mapping.invalidatedSeq();
                report.violation("vma=" + mapping.id())
                        .since(vm.born())
                        .since(mapping.born())
                        .witness("entries written", stale)
                        .witness("invalidated", mapping.invalidatedSeq())
                        .witness("taken off the list", takenOff ? mapping.listSeq() : 0)
                        .witness(how, report.event().seq())
                        .says("In VM " + vm.id() + " work is let loose while userptr mapping " + mapping.id()
                                + " still maps the pages it lost.");
            }
        }
    }
}
