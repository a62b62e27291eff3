package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.AddressSpaces.PageEntry;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.StaleTranslation;
import dev.fenceline.analytics.state.StaleTranslation.Gap;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.PageAlloc;
import dev.fenceline.event.PageFree;
import dev.fenceline.event.Severity;
import dev.fenceline.event.VramFree;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** V01: memory is given away only when no GPU that runs can reach it through a page table or a TLB. */
public final class FreedPageIsOutOfReach {
    public static final Rule RULE = Rule.named("V01", "freed-page-is-out-of-reach")
            .severity(Severity.CRITICAL)
            .states(
                    "A page or block of VRAM goes back to the allocator, and a frame is handed out again, only when no VM with running work "
                            + "has an entry for what it was, and the TLBs have forgotten every entry for it that was cleared.")
            .why("The GPU reads and writes memory that belongs to somebody else.")
            .source("Documentation/gpu/drm-vm-bind-locking.rst, xe_pt.c (the TLB fence is part of the unbind fence), "
                    + "amdgpu_vm.c (tlb_flush); thread 000")
            .advice("Free the memory after the fence of the unbind, which must include the invalidations of all GTs.")
            .needs(Stream.FENCE, Stream.PAGE, Stream.PTE, Stream.SCHED, Stream.TLB, Stream.VM)
            .before(PageFree.class, (free, state, report) -> judge(free.page(), "freed", state, report))
            .before(PageAlloc.class, FreedPageIsOutOfReach::judgeReuse)
            .before(VramFree.class, FreedPageIsOutOfReach::judgeBlock)
            .build();

    private FreedPageIsOutOfReach() {}

    /**
     * Where nothing ran when the page was freed, what runs now should have been bound anew first. VRAM is another matter: it is handed
     * out before what still runs is off it, and who gets it waits for that.
     */
    private static void judgeReuse(PageAlloc alloc, KernelState state, Report report) {
        judge(state.pages().lastOfFrame(alloc.frame()), "handed out again", state, report);
    }

    private static void judge(long page, String how, KernelState state, Report report) {
        judgeStale(page, FreedPage.reachedBy(page, Gap.NOT_FLUSHED, state), how, state, report);
        for (PageEntry entry : state.spaces().entriesFor(page)) {
            judgeEntry(page, entry, how, state, report);
        }
    }

    private static void judgeBlock(VramFree free, KernelState state, Report report) {
        long block = free.block();
        judgeStale(block, FreedPage.reachedBy(free, Gap.NOT_FLUSHED, state), "freed", state, report);
        Set<Long> judged = new TreeSet<>();
        for (PageEntry entry : state.spaces().entriesFor(block)) {
            judged.add(entry.vm().id());
            judgeEntry(block, entry, "freed", state, report);
        }
        for (Mapping mapping : FreedPage.mappingsOf(free, state)) {
            AddressSpace vm = state.spaces().vm(state.spaces().vmOf(mapping));
            long written =
                    state.spaces().entryBefore(mapping, mapping.unbindSeq() > 0 ? mapping.unbindSeq() : Long.MAX_VALUE);
            if (vm != null && written > mapping.born() && judged.add(vm.id())) {
                judgeEntry(block, new PageEntry(vm, written), "freed", state, report);
            }
        }
    }

    private static void judgeStale(
            long page, List<StaleTranslation> reached, String how, KernelState state, Report report) {
        for (StaleTranslation stale : reached) {
            report.violation("vm=" + stale.vm())
                    .since(stale.zapSeq())
                    .restsOn(state.spaces().vm(stale.vm()))
                    .witness("entries written", stale.writtenSeq())
                    .witness("entries cleared", stale.zapSeq())
                    .witness("page freed", freedBefore(page, state))
                    .witness(
                            "page " + how + " before the TLBs forgot it",
                            report.event().seq())
                    .says("Page " + page + " is " + how + " while TLBs may hold a translation of VM " + stale.vm()
                            + " to it.");
        }
    }

    private static void judgeEntry(long page, PageEntry entry, String how, KernelState state, Report report) {
        AddressSpace vm = entry.vm();
        Queue queue = runningQueue(vm, state);
        if (queue == null) {
            return;
        }
        report.violation("vm=" + vm.id())
                .since(vm.born())
                .since(queue.born())
                .since(entry.writtenSeq())
                .witness("entry written", entry.writtenSeq())
                .witness("work runs", Math.max(queue.runningSeq(), queue.jobSeq()))
                .witness("page freed", freedBefore(page, state))
                .witness("page " + how, report.event().seq())
                .says("Page " + page + " is " + how + " while VM " + vm.id() + ", whose queue " + queue.id()
                        + " runs, has an entry for it.");
    }

    /** The seq at which the page was freed; 0 if it is being freed now. */
    private static long freedBefore(long page, KernelState state) {
        return state.pages().freedSeq(page);
    }

    /** An entry is harmless while nothing of its VM runs: what runs next rebinds first. */
    private static @Nullable Queue runningQueue(AddressSpace vm, KernelState state) {
        for (Queue queue : state.queues().inVm(vm.id())) {
            if (queue.deadSeq() == 0 && runs(queue, vm, state)) {
                return queue;
            }
        }
        return null;
    }

    private static boolean runs(Queue queue, AddressSpace vm, KernelState state) {
        if (vm.isLongRunning()) {
            // The fence of a job that may run for ever tells nothing: what came to the hardware is there until it is
            // taken off.
            boolean jobIsThere = queue.jobSeq() > 0 && queue.preemptedSeq() == 0 && !queue.isOfBinds();
            return (queue.runningSeq() > 0 || jobIsThere) && queue.suspendDoneSeq() == 0;
        }
        Fence job = queue.jobFence() == Event.ABSENT ? null : state.fences().fence(queue.jobFence());
        return job != null && !state.fences().isComplete(job);
    }
}
