package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.*;

/** V09: queues with preempt fences are resumed only when their VM is valid again and the next fence is armed. */
public final class QueueResumesInValidVm {
    public static final Rule RULE = Rule.named("V09", "queue-resumes-in-valid-vm")
            .severity(Severity.CRITICAL)
            .states(
                    "A queue of a VM with preempt fences is resumed only when no userptr waits to be fetched, no mapping to be "
                            + "rebound, no KERNEL fence of the VM's reservation is pending, and its next preempt fence is armed.")
            .why(
                    "The queue goes on over page table entries that are old, or not written yet, or cannot be stopped again.")
            .source(
                    "xe_vm.c:preempt_rebind_work_func (xe_vm_doc.h differs: the code takes vm->lock for writing and BOOKKEEP)")
            .advice(
                    "Rebind, wait for KERNEL fences, then arm and resume in one notifier-lock section with nothing to repin.")
            .needs(Stream.FENCE, Stream.RESV, Stream.USERPTR, Stream.VM)
            .before(QueueResume.class, QueueResumesInValidVm::judge)
            .build();

    private QueueResumesInValidVm() {}

    private static void judge(QueueResume resume, KernelState state, Report report) {
        Queue queue = state.queues().queue(resume.queue());
        AddressSpace vm = state.spaces().vm(state.queues().vmOf(resume.vm(), resume.queue()));
        boolean failed = resume.hasResult() && resume.result() < 0;
        if (vm == null || failed || !vm.hasPreemptFences()) {
            return;
        }
        judgeMappings(vm, state, report);
        judgeFences(vm, state, report);
        boolean armed = queue == null || queue.armSeq() == 0 || queue.armSeq() > queue.suspendSeq();
        if (queue != null && !armed && queue.suspendSeq() > 0) {
            report.violation("vm=" + vm.id())
                    .since(vm.born())
                    .since(queue.born())
                    .witness("last preempt fence armed", queue.armSeq())
                    .witness("suspended", queue.suspendSeq())
                    .witness("resumed", resume.seq())
                    .says("Queue " + queue.id() + " is resumed without a preempt fence that could stop it again.");
        }
    }

    private static void judgeMappings(AddressSpace vm, KernelState state, Report report) {
        for (int i = 0; i < vm.invalidatedCount(); i++) {
            Mapping mapping = state.spaces().mapping(vm.invalidated(i));
            boolean onList = mapping != null
                    && (mapping.list() == VmListKind.INVALIDATED
                            || mapping.list() == VmListKind.REPIN
                            || mapping.list() == VmListKind.REBIND)
                    && mapping.rebindSeq() < mapping.listSeq();
            if (mapping != null && onList) {
                report.violation("vm=" + vm.id())
                        .since(vm.born())
                        .since(mapping.born())
                        .witness("put on the list", mapping.listSeq())
                        .witness("resumed", report.event().seq())
                        .says("In VM " + vm.id() + " a queue is resumed while userptr mapping " + mapping.id()
                                + " is on list " + mapping.list() + ".");
                return;
            }
        }
        for (int i = 0; i < vm.evictedCount(); i++) {
            Mapping mapping = state.spaces().mapping(vm.evicted(i));
            if (mapping != null && mapping.evictSeq() > 0) {
                report.violation("vm=" + vm.id())
                        .since(vm.born())
                        .since(mapping.born())
                        .witness("BO moved away", mapping.evictSeq())
                        .witness("resumed", report.event().seq())
                        .says("In VM " + vm.id() + " a queue is resumed while mapping " + mapping.id()
                                + " is not bound to where its BO is.");
                return;
            }
        }
    }

    private static void judgeFences(AddressSpace vm, KernelState state, Report report) {
        Fence rebind = state.spaces().pendingRebind(vm, state.fences());
        if (rebind != null) {
            report.violation("vm=" + vm.id())
                    .since(vm.born())
                    .since(rebind.born())
                    .witness("rebind queued", vm.rebindSeq())
                    .witness("resumed while it is pending", report.event().seq())
                    .says("In VM " + vm.id() + " a queue is resumed while fence " + rebind.id()
                            + " of a rebind is pending.");
            return;
        }
        long id = state.spaces().resvOf(vm.id());
        Reservation resv = state.reservations().reservation(id);
        int slot = resv == null ? -1 : state.reservations().pendingSlot(resv, Usage.KERNEL, 0);
        Fence fence = resv == null || slot < 0 ? null : state.reservations().pending(resv, slot);
        if (resv != null && fence != null) {
            report.violation("vm=" + vm.id())
                    .since(vm.born())
                    .since(state.fences().knownFrom(fence))
                    .witness("KERNEL fence added", resv.addSeq(slot))
                    .witness("resumed while it is pending", report.event().seq())
                    .says("In VM " + vm.id() + " a queue is resumed while KERNEL fence " + fence.id() + " is pending.");
        }
    }
}
