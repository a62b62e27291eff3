package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.*;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** V12: a group of engines runs work that may fault or work with dma_fences, never both at once. */
public final class EngineGroupRunsOneKind {
    public static final Rule RULE = Rule.named("V12", "engine-group-runs-one-kind")
            .severity(Severity.ERROR)
            .states(
                    "In a group of engines queues whose work may page-fault and jobs with dma_fences do not run at the same time: "
                            + "a switch suspends the ones or waits for the others; a VM with page faults is long-running.")
            .why(
                    "The fault handler waits for the fence of a job that waits for the engine which the faulting work holds.")
            .source(
                    "xe_hw_engine_group.c:xe_hw_engine_group_get_mode, xe_vm.c:xe_vm_create_ioctl (-EINVAL); "
                            + "Documentation/driver-api/dma-buf.rst (Recoverable Hardware Page Faults Implications); thread 000")
            .advice("Take the group's mode before the job is pushed and keep it until the work is submitted.")
            .needs(Stream.FENCE, Stream.SCHED, Stream.VM)
            .before(SchedJobRun.class, EngineGroupRunsOneKind::judge)
            .before(QueueRegister.class, EngineGroupRunsOneKind::judge)
            .before(QueueResume.class, EngineGroupRunsOneKind::judge)
            .before(EngineGroupSwitch.class, EngineGroupRunsOneKind::judge)
            .before(VmCreate.class, EngineGroupRunsOneKind::judge)
            .build();

    private EngineGroupRunsOneKind() {}

    private static void judge(VmCreate create, KernelState state, Report report) {
        Set<VmFlag> flags = create.flags();
        if (flags != null && flags.contains(VmFlag.FAULT) && !flags.contains(VmFlag.LR)) {
            report.violation("vm=" + create.vm())
                    .since(create.seq())
                    .witness("created with page faults but not long-running", create.seq())
                    .says("VM " + create.vm() + " takes page faults and is not long-running.");
        }
    }

    private static void judge(SchedJobRun run, KernelState state, Report report) {
        Queue queue = state.queues().queue(run.queue());
        long group = groupOf(run.group(), queue, state);
        AddressSpace vm = queue == null ? null : vmOf(queue, state);
        if (group == Event.ABSENT || queue == null || vm == null || (vm.isLongRunning() && !vm.isFaultMode())) {
            return;
        }
        Queue other = running(group, !vm.isFaultMode(), state);
        if (other != null && !state.spaces().isModeKnown(vm)) {
            report.unknown("it is not known which kind of VM " + vm.id() + " is");
        } else if (other != null && other != queue) {
            report.violation("group=" + group)
                    .since(queue.born())
                    .since(other.born())
                    .witness("work of the other kind runs", startOf(other))
                    .witness("job starts beside it", run.seq())
                    .says("In engine group " + group + " a job of queue " + queue.id() + " starts while queue "
                            + other.id() + ", of the other kind, runs.");
        }
    }

    private static void judge(QueueRegister register, KernelState state, Report report) {
        Queue queue = state.queues().queue(register.queue());
        // One that is suspended, or about to be, is known to the firmware and does not run.
        if (queue != null && queue.suspendSeq() == 0 && !(register.hasResult() && register.result() < 0)) {
            judgeStart(queue, register.group(), register.seq(), state, report);
        }
    }

    private static void judge(QueueResume resume, KernelState state, Report report) {
        Queue queue = state.queues().queue(resume.queue());
        if (queue != null && !(resume.hasResult() && resume.result() < 0)) {
            judgeStart(queue, resume.group(), resume.seq(), state, report);
        }
    }

    /** Queues of binds, and those of other GTs, are in no group that a recording need name: only a stated one counts. */
    private static void judgeStart(Queue queue, long stated, long seq, KernelState state, Report report) {
        AddressSpace vm = vmOf(queue, state);
        long group = stated != Event.ABSENT ? stated : queue.group();
        Queue other = group == Event.ABSENT || vm == null || !vm.isFaultMode() ? null : running(group, false, state);
        if (other != null && queue.deadSeq() == 0) {
            report.violation("group=" + group)
                    .since(queue.born())
                    .since(other.born())
                    .witness("a job runs", startOf(other))
                    .witness("work that may fault starts beside it", seq)
                    .says("In engine group " + group + " queue " + queue.id()
                            + ", whose work may fault, starts while a job of queue " + other.id() + " runs.");
        }
    }

    private static void judge(EngineGroupSwitch change, KernelState state, Report report) {
        boolean toFences = change.mode() == EngineGroupMode.DMA_FENCE;
        if (!toFences && change.mode() != EngineGroupMode.FAULTING) {
            return;
        }
        long group = groupOf(change.group(), null, state);
        Queue other = group == Event.ABSENT ? null : running(group, toFences, state);
        if (other != null) {
            report.violation("group=" + group)
                    .since(other.born())
                    .witness("work of the old kind runs", startOf(other))
                    .witness("switched", change.seq())
                    .says("Engine group " + group + " is switched to " + change.mode() + " while queue " + other.id()
                            + " runs.");
        }
    }

    /** A queue of the group that runs: one whose work may fault, or one with a job whose fence is pending. */
    private static @Nullable Queue running(long group, boolean faulting, KernelState state) {
        for (long id : state.queues().ids()) {
            Queue queue = state.queues().queue(id);
            AddressSpace vm = queue == null || queue.group() != group ? null : vmOf(queue, state);
            if (vm != null && !state.spaces().isModeKnown(vm)) {
                continue;
            }
            // One that is killed has left its group before.
            if (queue == null || vm == null || vm.isFaultMode() != faulting || queue.deadSeq() > 0) {
                continue;
            }
            boolean runs = faulting
                    ? startOf(queue) > 0 && queue.suspendDoneSeq() == 0
                    : !vm.isLongRunning() && isPending(queue.jobFence(), state);
            if (runs) {
                return queue;
            }
        }
        return null;
    }

    private static long groupOf(long stated, @Nullable Queue queue, KernelState state) {
        long known = stated != Event.ABSENT || queue == null ? stated : queue.group();
        return known != Event.ABSENT ? known : state.session().soleObject("engine_group");
    }

    private static boolean isPending(long id, KernelState state) {
        Fence fence = id == Event.ABSENT ? null : state.fences().fence(id);
        return fence != null && !state.fences().isComplete(fence);
    }

    private static long startOf(Queue queue) {
        return Math.max(queue.jobSeq(), queue.runningSeq());
    }

    private static @Nullable AddressSpace vmOf(Queue queue, KernelState state) {
        return state.spaces().vm(queue.vm());
    }
}
