package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rules.Gfp;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SectionStack;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.MemAlloc;
import dev.fenceline.event.Severity;

/** V14: what a fence needs to signal is there before others can see the fence. */
public final class PublishedFenceNeedsNoMemory {
    public static final Rule RULE = Rule.named("V14", "published-fence-needs-no-memory")
            .severity(Severity.ERROR)
            .states(
                    "Between the first publication of a fence and the hand-over of its work, the thread that made it allocates "
                            + "nothing that may block.")
            .why(
                    "The allocation may wait for reclaim, which waits for the fence; and if it fails, the fence never signals.")
            .source("xe_vm.c:preempt_rebind_work_func (alloc_preempt_fences before arming), "
                    + "sched_main.c:drm_sched_job_arm (point of no return); thread 003")
            .advice("Allocate first, then make the fence visible, then hand the work over without failing.")
            .needs(Stream.ALLOC, Stream.FENCE, Stream.RESV, Stream.SCHED)
            .before(MemAlloc.class, PublishedFenceNeedsNoMemory::judge)
            .build();

    private PublishedFenceNeedsNoMemory() {}

    private static void judge(MemAlloc alloc, KernelState state, Report report) {
        ThreadSections thread = Gfp.mayReclaim(alloc) ? state.threads().thread(alloc.tid()) : null;
        if (thread == null) {
            return;
        }
        SectionStack promises = thread.promises();
        for (int i = 0; i < promises.depth(); i++) {
            Fence fence = state.fences().fence(promises.subject(i));
            if (fence != null && !state.fences().isComplete(fence) && dependsOnItsMaker(fence, state)) {
                report.violation("fence=" + fence.id())
                        .since(fence.born())
                        .witness("fence made", fence.initSeq())
                        .witness("others can find it", promises.seq(i))
                        .witness("memory allocated that may need reclaim", alloc.seq())
                        .says("Fence " + fence.id()
                                + " can be waited for while what it needs is still being allocated.");
                return;
            }
        }
    }

    /** A fence that signals on demand, or is made of others, needs its maker no more; nor does one handed over unseen. */
    private static boolean dependsOnItsMaker(Fence fence, KernelState state) {
        boolean ofJob = state.schedulers().jobOfFinished(fence.id()) != null;
        return !fence.signalsOnDemand()
                && !fence.isContainer()
                && (ofJob || state.ledger().isFragment() || state.ledger().holds(Stream.PUB));
    }
}
