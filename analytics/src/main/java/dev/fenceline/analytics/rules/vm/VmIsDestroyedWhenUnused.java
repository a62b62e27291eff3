package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.Ioctls;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.Ioctl;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** V06: a VM's handle is destroyed unless queues with preempt fences use it, and is dead at once. */
public final class VmIsDestroyedWhenUnused {
    private static final long ENOENT = -2;
    private static final long EBUSY = -16;

    public static final Rule RULE = Rule.named("V06", "vm-is-destroyed-when-unused")
            .severity(Severity.ERROR)
            .states(
                    "VM_DESTROY answers -ENOENT for a handle that its client does not have, -EBUSY while queues with preempt "
                            + "fences are in the VM, and else 0; from then on the handle is dead.")
            .why("A VM torn down under queues that run by preempt fences leaves them running on freed page tables.")
            .source("xe_vm.c:xe_vm_destroy_ioctl (preempt.num_exec_queues)")
            .advice("Check the number of queues and take the handle out of the table under one lock.")
            .needs(Stream.TASK, Stream.VM)
            .before(Ioctl.class, VmIsDestroyedWhenUnused::judge)
            .build();

    private VmIsDestroyedWhenUnused() {}

    private static void judge(Ioctl ioctl, KernelState state, Report report) {
        boolean destroys = Ioctls.is(ioctl, Ioctls.VM_DESTROY);
        boolean binds = Ioctls.is(ioctl, Ioctls.VM_BIND);
        AddressSpace vm = destroys || binds ? state.spaces().named(ioctl) : null;
        if (vm == null) {
            return;
        }
        long result = ioctl.hasResult() ? ioctl.result() : 0;
        boolean ofOther = ioctl.hasClient() && vm.client() != Event.ABSENT && vm.client() != ioctl.client();
        if (vm.destroySeq() > 0 || (destroys && ofOther)) {
            if (result >= 0 || (destroys && result == EBUSY)) {
                report.violation("vm=" + vm.id())
                        .since(vm.born())
                        .witness("created", vm.isAssumed() ? 0 : vm.born())
                        .witness("handle destroyed", vm.destroySeq())
                        .witness("not answered by -ENOENT", ioctl.seq())
                        .says("The ioctl on VM " + vm.id() + ", of which the client has no handle, answers " + result
                                + " and not -ENOENT.");
            }
            return;
        }
        if (!destroys) {
            return;
        }
        Queue user = vm.hasPreemptFences() ? userOf(vm, state) : null;
        if (result == 0 && user != null) {
            report.violation("vm=" + vm.id())
                    .since(vm.born())
                    .since(user.born())
                    .witness("created", vm.isAssumed() ? 0 : vm.born())
                    .witness("queue created", user.born())
                    .witness("destroyed", ioctl.seq())
                    .says("VM " + vm.id() + " is destroyed while queue " + user.id()
                            + ", with preempt fences, is in it.");
        } else if (result == EBUSY && vm.isKindStated() && !vm.hasPreemptFences()) {
            report.violation("vm=" + vm.id())
                    .since(vm.born())
                    .witness("created without preempt fences", vm.born())
                    .witness("answered by -EBUSY", ioctl.seq())
                    .says("Destroying VM " + vm.id() + " is refused although its queues do not count.");
        } else if (result == ENOENT && vm.closeSeq() == 0 && !vm.isAssumed()) {
            report.violation("vm=" + vm.id())
                    .since(vm.born())
                    .witness("created", vm.born())
                    .witness("answered by -ENOENT", ioctl.seq())
                    .says("Destroying VM " + vm.id() + " finds no VM although its handle is alive.");
        }
    }

    /** A queue that counts: one for work of the user that was neither killed nor destroyed. */
    private static @Nullable Queue userOf(AddressSpace vm, KernelState state) {
        for (Queue queue : state.queues().inVm(vm.id())) {
            if (!queue.isAssumed() && !queue.isOfBinds() && queue.deadSeq() == 0) {
                return queue;
            }
        }
        return null;
    }
}
