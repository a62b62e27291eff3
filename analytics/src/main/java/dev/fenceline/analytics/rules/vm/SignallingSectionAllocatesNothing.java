package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rules.Gfp;
import dev.fenceline.analytics.rules.ResvLocking;
import dev.fenceline.analytics.rules.SignallingSection;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.*;

/** V13: the driver's signalling sections allocate nothing that may block and take no lock of the submission path. */
public final class SignallingSectionAllocatesNothing {
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
                if (ResvLocking.maySleep(lock)) {
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
        ThreadSections thread = SignallingSection.entered(state, report);
        if (thread != null) {
            SignallingSection.violation(thread, what, report)
                    .says("Thread " + thread.id() + " may wait for what a fence must signal first: " + what + ".");
        }
    }
}
