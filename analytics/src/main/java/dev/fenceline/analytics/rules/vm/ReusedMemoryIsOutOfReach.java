package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rules.vm.StaleTranslation.Cause;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.Translations.Stale;
import dev.fenceline.event.BoCreate;
import dev.fenceline.event.Event;
import dev.fenceline.event.PageFree;
import dev.fenceline.event.Severity;
import dev.fenceline.event.VramFree;
import org.jspecify.annotations.Nullable;

/** V01: memory is given away only when no GPU that runs can reach it through a page table or a TLB. */
public final class ReusedMemoryIsOutOfReach {
    public static final Rule RULE = Rule.named("V01", "reused-memory-is-out-of-reach")
            .severity(Severity.CRITICAL)
            .states(
                    "A page or block of VRAM is freed or handed out again only when no VM with running work has an entry for it, "
                            + "and every entry that was cleared is flushed from the TLBs.")
            .why("The GPU reads and writes memory that belongs to somebody else.")
            .source(
                    "Documentation/gpu/drm-vm-bind-locking.rst, xe_bo.c:xe_bo_trigger_rebind, xe_pt.c (the TLB fence is part of "
                            + "the unbind fence), amdgpu_vm.c (tlb_flush); thread 000")
            .advice("Free the memory after the fence of the unbind, which must include the invalidations of all GTs.")
            .needs(Stream.FENCE, Stream.PAGE, Stream.PTE, Stream.SCHED, Stream.TLB, Stream.VM)
            .before(PageFree.class, (free, state, report) -> {
                judge(StaleTranslation.of(free, Cause.NOT_FLUSHED, state), report);
                judgeEntry(free, state, report);
            })
            .before(
                    VramFree.class,
                    (e, state, report) -> judge(StaleTranslation.of(e, Cause.NOT_FLUSHED, state), report))
            .before(
                    BoCreate.class,
                    (e, state, report) -> judge(StaleTranslation.of(e, Cause.NOT_FLUSHED, state), report))
            .build();

    private ReusedMemoryIsOutOfReach() {}

    private static void judge(@Nullable Stale stale, Report report) {
        if (stale == null) {
            return;
        }
        report.violation("vm=" + stale.vm())
                .since(stale.zapSeq())
                .witness("entries written", stale.writtenSeq())
                .witness("entries cleared", stale.zapSeq())
                .witness("given away before the TLBs forgot it", report.event().seq())
                .says("Memory is given away while TLBs may hold a translation of VM " + stale.vm() + " to it.");
    }

    /** An entry that is still there is harmless while nothing of its VM runs: what runs next rebinds first. */
    private static void judgeEntry(PageFree free, KernelState state, Report report) {
        AddressSpace vm =
                free.hasPage() ? state.spaces().vm(state.translations().spaceOf(free.page())) : null;
        Queue queue = vm == null || vm.departed() > 0 ? null : runningQueue(vm, state);
        long written = vm == null || queue == null ? 0 : state.translations().entrySeq(vm, free.page());
        if (vm != null && queue != null && written > 0) {
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
