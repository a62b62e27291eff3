package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rules.Gfp;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.*;

/** V13: the driver's signalling sections allocate nothing that may block and take no lock of the submission path. */
public final class SignallingSectionAllocatesNothing {
    private static final long EALREADY = -114;

    public static final Rule RULE = Rule.named("V13", "signalling-section-allocates-nothing")
            .severity(Severity.ERROR)
            .states(
                    "Between the begin and the end of a fence signalling section a thread makes no allocation that may reclaim, "
                            + "and waits for no reservation, VM lock or mmap lock.")
            .why(
                    "Reclaim calls notifiers and shrinkers that wait for the fence the section is to signal: nobody goes on.")
            .source("Documentation/driver-api/dma-buf.rst (DMA Fence Signalling Annotations), "
                    + "xe_preempt_fence.c:preempt_fence_work_func; thread 003")
            .advice("Allocate before the fence is armed, or with GFP_NOWAIT and a way to go on without the memory.")
            .needs(Stream.ALLOC, Stream.FENCE, Stream.LOCK, Stream.WAIT)
            .before(MemAlloc.class, (alloc, state, report) -> {
                if (Gfp.mayReclaim(alloc)) {
                    judge("memory allocated that may need reclaim", state, report);
                }
            })
            .before(ReclaimBegin.class, (reclaim, state, report) -> judge("memory reclaimed", state, report))
            .before(ResvLock.class, (lock, state, report) -> {
                if (!lock.tryValue() && !(lock.hasResult() && lock.result() == EALREADY)) {
                    judge("reservation locked", state, report);
                }
            })
            .before(LockAcquire.class, (lock, state, report) -> {
                if (!lock.tryValue() && isOfSubmission(lock.lockClass())) {
                    judge(lock.lockClass() + " taken", state, report);
                }
            })
            .before(LockBlock.class, (lock, state, report) -> {
                if (!lock.tryValue() && isOfSubmission(lock.lockClass())) {
                    judge(lock.lockClass() + " waited for", state, report);
                }
            })
            .build();

    private SignallingSectionAllocatesNothing() {}

    private static boolean isOfSubmission(LockClass lock) {
        return lock == LockClass.VM_LOCK || lock == LockClass.MMAP_LOCK;
    }

    private static void judge(String what, KernelState state, Report report) {
        ThreadSections thread = state.threads().thread(report.event().tid());
        if (thread == null || thread.signalling().isEmpty()) {
            return;
        }
        long entered = thread.signalling().outermostSeq();
        report.violation("thread=" + thread.id())
                .since(entered)
                .witness("signalling section entered", entered)
                .witness(what, report.event().seq())
                .says("Thread " + thread.id() + " may wait for what a fence must signal first: " + what + ".");
    }
}
