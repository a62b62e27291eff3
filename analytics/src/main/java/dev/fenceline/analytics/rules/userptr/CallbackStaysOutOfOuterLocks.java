package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rules.Gfp;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.NotifierCalls.Call;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.LockAcquire;
import dev.fenceline.event.LockBlock;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.MemAlloc;
import dev.fenceline.event.ReclaimBegin;
import dev.fenceline.event.ResvLock;
import dev.fenceline.event.Severity;

/** U12: a notifier callback takes no lock under which memory is allocated, and waits for no memory. */
public final class CallbackStaysOutOfOuterLocks {
    public static final Rule RULE = Rule.named("U12", "callback-stays-out-of-outer-locks")
            .severity(Severity.ERROR)
            .states(
                    "While it runs a notifier callback a thread locks no reservation, no VM lock and no mmap_lock, and allocates "
                            + "nothing that may need direct reclaim.")
            .why(
                    "Reclaim calls the notifiers: the thread, or another, may hold that lock and wait in an allocation for this "
                            + "very callback.")
            .source("Documentation/gpu/drm-vm-bind-locking.rst; dma-fence.c, DOC: DMA fence cross-driver contract; "
                    + "mmu_notifier.c:__mmu_notifier_invalidate_range_start_map; threads 001, 003")
            .advice("Wait for fences with dma_resv_wait_timeout, which takes no lock; take only the notifier lock.")
            .needs(Stream.ALLOC, Stream.LOCK, Stream.MM, Stream.NOTIFIER)
            .before(LockAcquire.class, (acquire, state, report) -> {
                if (!acquire.tryValue() && isOuter(acquire.lockClass())) {
                    judge("lock taken", state, report);
                }
            })
            .before(LockBlock.class, (block, state, report) -> {
                if (!block.tryValue() && isOuter(block.lockClass())) {
                    judge("lock waited for", state, report);
                }
            })
            .before(ResvLock.class, (lock, state, report) -> {
                if (!lock.tryValue()) {
                    judge("reservation locked", state, report);
                }
            })
            .before(MemAlloc.class, (alloc, state, report) -> {
                if (Gfp.mayReclaim(alloc)) {
                    judge("memory allocated that may need reclaim", state, report);
                } else if (alloc.gfp() == null && state.notifierCalls().running(alloc.tid()) != null) {
                    report.unknown("the flags of an allocation in a notifier callback are not known");
                }
            })
            .before(ReclaimBegin.class, (reclaim, state, report) -> judge("memory reclaimed", state, report))
            .build();

    private CallbackStaysOutOfOuterLocks() {}

    private static boolean isOuter(LockClass lockClass) {
        return lockClass == LockClass.VM_LOCK || lockClass == LockClass.MMAP_LOCK;
    }

    private static void judge(String what, KernelState state, Report report) {
        Call call = state.notifierCalls().running(report.event().tid());
        if (call != null) {
            report.violation("notifier=" + call.notifier())
                    .since(call.seq())
                    .witness("callback called", call.seq())
                    .witness(what, report.event().seq())
                    .says("The callback of notifier " + call.notifier()
                            + " waits for what may be held by who waits for the callback.");
        }
    }
}
