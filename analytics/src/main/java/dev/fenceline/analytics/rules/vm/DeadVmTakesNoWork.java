package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.Ioctls;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.ExecPublish;
import dev.fenceline.event.Ioctl;
import dev.fenceline.event.SchedJobArm;
import dev.fenceline.event.SchedJobInit;
import dev.fenceline.event.Severity;

/** V17: a VM that was killed or closed takes no new work. */
public final class DeadVmTakesNoWork {
    public static final Rule RULE = Rule.named("V17", "dead-vm-takes-no-work")
            .severity(Severity.ERROR)
            .states("After a VM is banned or closed no new job of it is made; jobs queued before may still end.")
            .why(
                    "A banned VM was banned because its page tables can no longer be trusted, and a closed one is being torn down.")
            .source("xe_exec.c:xe_exec_ioctl (-ECANCELED, -ENOENT), xe_vm.c:preempt_rebind_work_func")
            .advice("Look at the VM's state under its lock before the job is made.")
            .needs(Stream.TASK, Stream.VM)
            .before(ExecPublish.class, (publish, state, report) -> {
                if (!(publish.hasResult() && publish.result() < 0)) {
                    judge(state.queues().vmOf(publish.vm(), publish.queue()), state, report);
                }
            })
            .before(SchedJobInit.class, (job, state, report) -> judgeQueue(job.queue(), state, report))
            .before(SchedJobArm.class, (job, state, report) -> judgeQueue(job.queue(), state, report))
            .before(Ioctl.class, (ioctl, state, report) -> {
                if (Ioctls.is(ioctl, Ioctls.EXEC) && ioctl.hasResult() && ioctl.result() >= 0 && ioctl.hasObject()) {
                    judgeQueue(ioctl.object(), state, report);
                }
            })
            .build();

    private DeadVmTakesNoWork() {}

    private static void judgeQueue(long id, KernelState state, Report report) {
        Queue queue = state.queues().queue(id);
        if (queue != null && !queue.isOfBinds()) {
            judge(queue.vm(), state, report);
        }
    }

    private static void judge(long id, KernelState state, Report report) {
        AddressSpace vm = state.spaces().vm(id);
        if (vm == null || (vm.killSeq() == 0 && vm.closeSeq() == 0)) {
            return;
        }
        boolean killed = vm.killSeq() > 0;
        report.violation("vm=" + id)
                .since(vm.born())
                .witness(killed ? "killed" : "closed", killed ? vm.killSeq() : vm.closeSeq())
                .witness("work submitted", report.event().seq())
                .says("VM " + id + " takes new work although it is " + (killed ? "killed." : "closed."));
    }
}
