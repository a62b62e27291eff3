package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.StaleTranslation;
import dev.fenceline.analytics.state.StaleTranslation.Gap;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.PageFree;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** V01: memory is given away only when no GPU that runs can reach it through a page table or a TLB. */
public final class FreedPageIsOutOfReach {
    public static final Rule RULE = Rule.named("V01", "freed-page-is-out-of-reach")
            .severity(Severity.CRITICAL)
            .states(
                    "A page goes back to the allocator only when no VM with running work has an entry for it, and the TLBs have "
                            + "forgotten every entry for it that was cleared.")
            .why("The GPU reads and writes memory that belongs to somebody else.")
            .source("Documentation/gpu/drm-vm-bind-locking.rst, xe_pt.c (the TLB fence is part of the unbind fence), "
                    + "amdgpu_vm.c (tlb_flush); thread 000")
            .advice("Free the memory after the fence of the unbind, which must include the invalidations of all GTs.")
            .needs(Stream.FENCE, Stream.PAGE, Stream.PTE, Stream.SCHED, Stream.TLB, Stream.VM)
            .before(PageFree.class, FreedPageIsOutOfReach::judge)
            .build();

    private FreedPageIsOutOfReach() {}

    private static void judge(PageFree free, KernelState state, Report report) {
        if (!free.hasPage()) {
            return;
        }
        StaleTranslation stale = FreedPage.reachedBy(free, Gap.NOT_FLUSHED, state);
        if (stale != null) {
            report.violation("vm=" + stale.vm())
                    .since(stale.zapSeq())
                    .witness("entries written", stale.writtenSeq())
                    .witness("entries cleared", stale.zapSeq())
                    .witness("page freed before the TLBs forgot it", free.seq())
                    .says("Page " + free.page() + " is freed while TLBs may hold a translation of VM " + stale.vm()
                            + " to it.");
            return;
        }
        for (long id : state.spaces().ids()) {
            AddressSpace vm = state.spaces().vm(id);
            long written = vm == null ? 0 : vm.entryFor(free.page());
            Queue queue = vm == null || written == 0 ? null : runningQueue(vm, state);
            if (vm != null && queue != null) {
                report.violation("vm=" + vm.id())
                        .since(vm.born())
                        .since(queue.born())
                        .since(written)
                        .witness("entry written", written)
                        .witness("work runs", Math.max(queue.runningSeq(), queue.jobSeq()))
                        .witness("page freed", free.seq())
                        .says("Page " + free.page() + " is freed while VM " + vm.id() + ", whose queue " + queue.id()
                                + " runs, has an entry for it.");
            }
        }
    }

    /** An entry is harmless while nothing of its VM runs: what runs next rebinds first. */
    private static @Nullable Queue runningQueue(AddressSpace vm, KernelState state) {
        for (long id : state.queues().ids()) {
            Queue queue = state.queues().queue(id);
            if (queue != null && queue.vm() == vm.id() && queue.deadSeq() == 0 && runs(queue, vm, state)) {
                return queue;
            }
        }
        return null;
    }

    private static boolean runs(Queue queue, AddressSpace vm, KernelState state) {
        if (vm.isLongRunning()) {
            return queue.runningSeq() > 0 && queue.suspendDoneSeq() == 0;
        }
        Fence job = queue.jobFence() == Event.ABSENT ? null : state.fences().fence(queue.jobFence());
        return job != null && !state.fences().isComplete(job);
    }
}
