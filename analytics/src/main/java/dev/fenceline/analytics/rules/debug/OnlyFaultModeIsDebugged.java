package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.QueueCreate;
import dev.fenceline.event.Severity;

/** D17: only queues of VMs in fault mode may be debugged. */
public final class OnlyFaultModeIsDebugged {
    private static final String POLICY = "post-2024-11";

    public static final Rule RULE = Rule.named("D17", "only-fault-mode-is-debugged")
            .severity(Severity.POLICY)
            .states(
                    "Under the policy of November 2024 a queue whose threads a debugger may halt is refused in a VM that is not in "
                            + "fault mode.")
            .why("Elsewhere fences wait for the halted thread to leave the hardware.")
            .source(
                    "thread 000: debugging with preempt fences was refused; in fault mode eviction needs no halted thread")
            .advice("Create the VM with LR and FAULT, or the queue without the debug property.")
            .needs(Stream.VM)
            .parameter("policy", "session_start.policy post-2024-11", "the recording; no other one is judged")
            .before(QueueCreate.class, OnlyFaultModeIsDebugged::judge)
            .build();

    private OnlyFaultModeIsDebugged() {}

    private static void judge(QueueCreate create, KernelState state, Report report) {
        String policy = state.session().policy();
        boolean refused = create.hasResult() && create.result() < 0;
        if (policy == null || !policy.contains(POLICY) || !create.eudebug() || refused) {
            return;
        }
        long id = create.hasVm() ? create.vm() : state.session().soleObject("vm");
        AddressSpace vm = id == Event.ABSENT ? null : state.spaces().vm(id);
        if (vm == null || !vm.isKindStated()) {
            report.unknown("it is not known whether VM {} is in fault mode", id);
        } else if (!vm.isFaultMode()) {
            report.violation("queue=" + create.queue())
                    .since(vm.born())
                    .witness("VM created", vm.born())
                    .witness("queue created", create.seq())
                    .says("Queue " + create.queue() + " may be debugged and VM " + id + " is not in fault mode.");
        }
    }
}
