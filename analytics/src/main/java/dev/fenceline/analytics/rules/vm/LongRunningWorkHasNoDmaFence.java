package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.Ioctls;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.*;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** V11: the completion of long-running work is no dma_fence that others can find. */
public final class LongRunningWorkHasNoDmaFence {
    /** An out-sync as arguments tell it: by its name, or as a sync with the flag to signal. */
    private static final Pattern OUT_SYNCOBJ = Pattern.compile(
            "\"?out\\w*\"?\\s*[:=]\\s*\\[?\\s*\"?\\w*(syncobj|timeline)|(syncobj|timeline)[^{}]*signal",
            Pattern.CASE_INSENSITIVE);

    public static final Rule RULE = Rule.named("V11", "long-running-work-has-no-dma-fence")
            .severity(Severity.CRITICAL)
            .states(
                    "The completion fence of a job of a long-running VM is put into no reservation, syncobj or sync_file, and no "
                            + "other job depends on it; only user fences report it.")
            .why(
                    "It signals when user space likes: whoever waits for it, memory reclaim in the end, waits without bound.")
            .source("xe_sync.c:xe_sync_entry_parse (-EOPNOTSUPP), Documentation/driver-api/dma-buf.rst (Indefinite DMA "
                    + "Fences), Documentation/gpu/drm-compute.rst; thread 003")
            .advice("Refuse out-syncs other than user fences for long-running VMs; use preempt fences for memory.")
            .needs(Stream.RESV, Stream.SCHED, Stream.SYNC, Stream.TASK, Stream.VM)
            .before(ResvAddFence.class, (e, state, report) -> judge(e.fence(), "into a reservation", state, report))
            .before(SyncobjReplace.class, (e, state, report) -> judge(e.fence(), "into a syncobj", state, report))
            .before(SyncobjPoint.class, (e, state, report) -> judge(e.fence(), "into a syncobj", state, report))
            .before(SyncFileCreate.class, (e, state, report) -> judge(e.fence(), "into a sync_file", state, report))
            .before(
                    DmaFencePublish.class,
                    (e, state, report) -> judge(e.fence(), "where others find it", state, report))
            .before(SchedJobDep.class, (e, state, report) -> judge(e.fence(), "before another job", state, report))
            .before(Ioctl.class, LongRunningWorkHasNoDmaFence::judge)
            .build();

    private LongRunningWorkHasNoDmaFence() {}

    private static void judge(long fence, String where, KernelState state, Report report) {
        Queue queue = state.queues().queueOfWork(fence);
        AddressSpace vm = queue == null || queue.isOfBinds() ? null : vmOf(queue, state);
        if (queue != null && vm != null && vm.isLongRunning()) {
            report.violation("fence=" + fence)
                    .since(vm.born())
                    .since(queue.born())
                    .witness("long-running VM created", vm.isAssumed() ? 0 : vm.born())
                    .witness("queue created", queue.isAssumed() ? 0 : queue.born())
                    .witness("fence put " + where, report.event().seq())
                    .says("Fence " + fence + " of the long-running work of queue " + queue.id() + " is put " + where
                            + ".");
        }
    }

    private static void judge(Ioctl ioctl, KernelState state, Report report) {
        boolean submits = Ioctls.is(ioctl, Ioctls.EXEC);
        boolean failed = ioctl.hasResult() && ioctl.result() < 0;
        String arguments = ioctl.arguments();
        if (failed || arguments == null || !(submits || Ioctls.is(ioctl, Ioctls.VM_BIND))) {
            return;
        }
        Queue queue = state.queues().queue(ioctl.object());
        AddressSpace vm = queue == null ? state.spaces().named(ioctl) : vmOf(queue, state);
        if (vm != null && vm.isLongRunning() && OUT_SYNCOBJ.matcher(arguments).find()) {
            report.violation("vm=" + vm.id())
                    .since(vm.born())
                    .witness("long-running VM created", vm.isAssumed() ? 0 : vm.born())
                    .witness("out-sync accepted", ioctl.seq())
                    .says("An ioctl on long-running VM " + vm.id() + " accepts a syncobj to signal.");
        }
    }

    private static @Nullable AddressSpace vmOf(Queue queue, KernelState state) {
        return state.spaces().vm(state.queues().vmOf(queue.vm(), queue.id()));
    }
}
