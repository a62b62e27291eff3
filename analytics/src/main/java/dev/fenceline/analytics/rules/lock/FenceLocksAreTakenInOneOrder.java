package dev.fenceline.analytics.rules.lock;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SectionStack;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.DmaFenceLock;
import dev.fenceline.event.Severity;
import org.agrona.collections.LongArrayList;

/** A-L04: signal under spinlocks only in a consistent order. */
public final class FenceLocksAreTakenInOneOrder {
    public static final Rule RULE = Rule.named("A-L04", "fence-locks-are-taken-in-one-order")
            .severity(Severity.DEADLOCK)
            .states(
                    "The spinlock of a fence is taken inside that of another only in one order: never its own lock again, and never "
                            + "where some path takes the two, or their classes, the other way round.")
            .why(
                    "Callbacks run under the lock of their fence with interrupts off: two CPUs that take two such locks in opposite "
                            + "order spin for ever.")
            .source("dma-fence-array.c:dma_fence_array_cb_func, dma-fence-chain.c:dma_fence_chain_cb (irq_work), "
                    + "dma-fence-array.c:dma_fence_array_enable_signaling")
            .advice("Signal a container from irq_work or a worker, not from the callback of its member.")
            .needs(Stream.FLOCK)
            .before(DmaFenceLock.class, FenceLocksAreTakenInOneOrder::judge)
            .build();

    private FenceLocksAreTakenInOneOrder() {}

    private static void judge(DmaFenceLock lock, KernelState state, Report report) {
        ThreadSections thread = state.threads().thread(lock.tid());
        for (int i = 0; thread != null && i < thread.fenceLocks().depth(); i++) {
            SectionStack held = thread.fenceLocks();
            long first = held.subject(i);
            boolean same =
                    state.fenceLocks().lockOf(first) == state.fenceLocks().lockOf(lock.fence());
            LongArrayList against = state.fenceLocks().against(first, lock.fence());
            if (!same && against.isEmpty()) {
                continue;
            }
            Finding finding = report.violation("fences=" + first + "," + lock.fence())
                    .since(held.seq(i))
                    .witness("outer lock taken", held.seq(i))
                    .witness("inner lock taken", lock.seq())
                    .says(
                            same
                                    ? "Thread " + lock.tid() + " takes the lock of fence " + lock.fence()
                                            + ", which it holds already."
                                    : "The lock of fence " + lock.fence() + " is taken inside that of " + first
                                            + ", and elsewhere they, or locks of their classes, nest the other way round.");
            for (int k = 0; !same && k < against.size(); k++) {
                finding.since(against.getLong(k)).witness("nested the other way round", against.getLong(k));
            }
            return;
        }
    }
}
