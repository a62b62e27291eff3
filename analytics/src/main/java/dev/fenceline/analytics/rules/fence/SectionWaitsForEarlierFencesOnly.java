package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.FenceContext;
import dev.fenceline.analytics.state.Fences;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SectionStack;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.DmaFenceWaitStart;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** A-F11: waiting inside a signalling section only for provably earlier fences. */
public final class SectionWaitsForEarlierFencesOnly {
    public static final Rule RULE = Rule.named("A-F11", "section-waits-for-earlier-fences-only")
            .severity(Severity.DEADLOCK)
            .states(
                    "In the section that completes a fence a thread waits only for fences that cannot depend on it: signalled "
                            + "ones, and earlier ones of the same context.")
            .why(
                    "If the fence waited for depends on the one to be completed, neither ever signals; lockdep does not see it, "
                            + "because it drops the section before a wait.")
            .source(
                    "amdgpu_eviction_fence.c:amdgpu_eviction_fence_suspend_worker (\"Fence waits are not allowed in a fence "
                            + "signalling critical section\"); dma-fence.c:__dma_fence_might_wait")
            .advice("Wait before the section begins, or make the other fence a dependency of the work.")
            .needs(Stream.FENCE, Stream.SIG, Stream.WAIT)
            .after(DmaFenceWaitStart.class, SectionWaitsForEarlierFencesOnly::judge)
            .build();

    private SectionWaitsForEarlierFencesOnly() {}

    private static void judge(DmaFenceWaitStart wait, KernelState state, Report report) {
        ThreadSections thread = state.threads().thread(wait.tid());
        // A wait without time is a question.
        if (thread == null || thread.signalling().isEmpty() || !wait.hasFence() || wait.timeout() == 0) {
            return;
        }
        Fence awaited = state.fences().fence(wait.fence());
        if (awaited == null || state.fences().isComplete(awaited)) {
            return;
        }
        SectionStack sections = thread.signalling();
        boolean stated = false;
        for (int i = 0; i < sections.depth(); i++) {
            long completed = sections.subject(i);
            stated |= completed != Event.ABSENT;
            Fence own = completed == Event.ABSENT ? null : state.fences().fence(completed);
            if (own != null && !isEarlier(awaited, own)) {
                report.violation("fence=" + completed)
                        .since(sections.seq(i))
                        .since(own.born())
                        .since(awaited.born())
                        .witness("section of the fence entered", sections.seq(i))
                        .witness("other fence waited for", wait.seq())
                        .says("In the section that completes fence " + completed + " the thread waits for fence "
                                + wait.fence() + ", which may depend on it.");
                return;
            }
        }
        if (!stated) {
            report.unknown(
                    "it is not known which fence the section completes in which fence {} is waited for", wait.fence());
        }
    }

    /** amdgpu_fence.c:amdgpu_fence_emit waits for the fence in its ring slot: same context, earlier, cannot depend on it. */
    private static boolean isEarlier(Fence awaited, Fence own) {
        return Fences.completesInOrder(awaited)
                && Fences.completesInOrder(own)
                && awaited.context() == own.context()
                && FenceContext.isLater(own.seqno(), awaited.seqno(), own.is64Bit());
    }
}
