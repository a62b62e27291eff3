package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.LockAcquire;
import dev.fenceline.event.LockBlock;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.ResvLock;
import dev.fenceline.event.Severity;
import dev.fenceline.event.UserCopy;

/** A-F10: no dma_resv lock, no page fault, no user copy in a signalling section. */
public final class NoResvLockInSignallingSection {
    private static final long EALREADY = -114;

    public static final Rule RULE = Rule.named("A-F10", "no-resv-lock-in-signalling-section")
            .severity(Severity.DEADLOCK)
            .states(
                    "In a fence signalling critical section a thread does not wait for a reservation, nor for what is ordered "
                            + "before it: mmap_lock, i_mmap locks, user memory.")
            .why(
                    "Who holds a reservation may wait for fences: the section that signals them would wait for who waits for it.")
            .source(
                    "dma-fence.c, DOC: DMA fence cross-driver contract (code needed for completion cannot take a dma_resv lock); "
                            + "dma-resv.c:dma_resv_lockdep; thread 003")
            .advice("Take the lock before the section begins or after its end, or try it and cope with not getting it.")
            .needs(Stream.LOCK, Stream.SIG, Stream.USER)
            .before(ResvLock.class, (lock, state, report) -> {
                // -EALREADY: the ticket holds it, which is found out before anybody sleeps.
                if (!lock.tryValue() && !(lock.hasResult() && lock.result() == EALREADY)) {
                    judge("reservation locked", state, report);
                }
            })
            .before(UserCopy.class, (copy, state, report) -> judge("user memory touched", state, report))
            .before(LockAcquire.class, (lock, state, report) -> {
                if (!lock.tryValue() && isOrderedBeforeResv(lock.lockClass())) {
                    judge(lock.lockClass() + " taken", state, report);
                }
            })
            .before(LockBlock.class, (lock, state, report) -> {
                if (isOrderedBeforeResv(lock.lockClass())) {
                    judge(lock.lockClass() + " waited for", state, report);
                }
            })
            .build();

    private NoResvLockInSignallingSection() {}

    private static boolean isOrderedBeforeResv(LockClass lock) {
        return lock == LockClass.MMAP_LOCK || lock == LockClass.I_MMAP;
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
                .says("Thread " + thread.id() + " may sleep in a section that a fence needs in order to signal: " + what
                        + ".");
    }
}
