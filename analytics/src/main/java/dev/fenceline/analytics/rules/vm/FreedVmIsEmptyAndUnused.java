package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Notifier;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.*;

/** V07: a VM is freed when nothing is left in it, and nothing happens in it afterwards. */
public final class FreedVmIsEmptyAndUnused {
    public static final Rule RULE = Rule.named("V07", "freed-vm-is-empty-and-unused")
            .severity(Severity.CRITICAL)
            .states(
                    "A VM is freed only when its mappings are destroyed and its queues are gone, and no event is about it after "
                            + "that.")
            .why("Whoever still reaches the VM through a mapping, a notifier or a queue uses freed memory.")
            .source("xe_vm.c:xe_vm_close_and_put, vm_destroy_work_func (mappings and page tables go before the object)")
            .advice("Hold a reference to the VM for as long as a mapping, queue or worker may use it.")
            .needs(Stream.NOTIFIER, Stream.VM)
            .before(VmFree.class, FreedVmIsEmptyAndUnused::judgeFree)
            .before(VmClose.class, (e, state, report) -> judgeUse(e.vm(), state, report))
            .before(VmKill.class, (e, state, report) -> judgeUse(e.vm(), state, report))
            .before(VmBind.class, (e, state, report) -> judgeMapping(e.vma(), e.vm(), state, report))
            .before(VmaCreate.class, (e, state, report) -> judgeUse(e.vm(), state, report))
            .before(VmaDestroy.class, (e, state, report) -> judgeMapping(e.vma(), e.vm(), state, report))
            .before(VmaRebind.class, (e, state, report) -> judgeMapping(e.vma(), e.vm(), state, report))
            .before(VmaInvalidate.class, (e, state, report) -> judgeMapping(e.vma(), e.vm(), state, report))
            .before(VmaEvict.class, (e, state, report) -> judgeMapping(e.vma(), e.vm(), state, report))
            .before(VmaPin.class, (e, state, report) -> judgeMapping(e.vma(), e.vm(), state, report))
            .before(PteWrite.class, (e, state, report) -> judgeUse(e.vm(), state, report))
            .before(PteZap.class, (e, state, report) -> judgeUse(e.vm(), state, report))
            .before(RebindWorkerEnter.class, (e, state, report) -> judgeUse(e.vm(), state, report))
            .before(RebindWorkerRetry.class, (e, state, report) -> judgeUse(e.vm(), state, report))
            .before(RebindWorkerExit.class, (e, state, report) -> judgeUse(e.vm(), state, report))
            .before(
                    PreemptFenceArm.class,
                    (e, state, report) -> judgeUse(state.queues().vmOf(e.vm(), e.queue()), state, report))
            .before(
                    ExecPublish.class,
                    (e, state, report) -> judgeUse(state.queues().vmOf(e.vm(), e.queue()), state, report))
            .before(QueueCreate.class, (e, state, report) -> {
                if (!(e.hasResult() && e.result() < 0)) {
                    judgeUse(e.vm(), state, report);
                }
            })
            .before(
                    QueueResume.class,
                    (e, state, report) -> judgeUse(state.queues().vmOf(e.vm(), e.queue()), state, report))
            .before(NotifierInsert.class, (e, state, report) -> judgeUse(e.vm(), state, report))
            .before(NotifierInvalidate.class, (e, state, report) -> {
                Notifier notifier = state.notifiers().notifier(e.notifier());
                long ofNotifier =
                        notifier == null ? Event.ABSENT : state.notifiers().vmOf(notifier);
                judgeMapping(e.notifier(), e.hasVm() ? e.vm() : ofNotifier, state, report);
            })
            .build();

    private FreedVmIsEmptyAndUnused() {}

    private static void judgeMapping(long id, long stated, KernelState state, Report report) {
        Mapping mapping = stated == Event.ABSENT ? state.spaces().mapping(id) : null;
        judgeUse(mapping == null ? stated : state.spaces().vmOf(mapping), state, report);
    }

    private static void judgeUse(long id, KernelState state, Report report) {
        AddressSpace vm = state.spaces().vm(id);
        if (vm == null || vm.departed() == 0) {
            return;
        }
        report.violation("vm=" + id)
                .since(vm.born())
                .witness("freed", vm.departed())
                .witness("used after that", report.event().seq())
                .says("The event is about VM " + id + ", which is freed.");
    }

    private static void judgeFree(VmFree free, KernelState state, Report report) {
        AddressSpace vm = state.spaces().vm(free.vm());
        if (vm == null) {
            return;
        }
        judgeUse(free.vm(), state, report);
        Mapping mapping = vm.departed() > 0 ? null : state.spaces().anyMappingOf(vm);
        if (mapping != null) {
            report.violation("vm=" + vm.id())
                    .since(vm.born())
                    .since(mapping.born())
                    .witness("mapping created", mapping.born())
                    .witness("freed", free.seq())
                    .says("VM " + vm.id() + " is freed while mapping " + mapping.id() + " is in it.");
            return;
        }
        for (long id : state.queues().ids()) {
            Queue queue = state.queues().queue(id);
            if (queue != null && queue.vm() == vm.id() && !queue.isAssumed() && vm.departed() == 0) {
                report.violation("vm=" + vm.id())
                        .since(vm.born())
                        .since(queue.born())
                        .witness("queue created", queue.born())
                        .witness("freed", free.seq())
                        .says("VM " + vm.id() + " is freed while queue " + queue.id() + " is in it.");
                return;
            }
        }
    }
}
