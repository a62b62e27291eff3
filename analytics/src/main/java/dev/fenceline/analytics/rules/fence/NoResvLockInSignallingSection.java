package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rules.ResvLocking;
import dev.fenceline.analytics.rules.SignallingSection;
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
                if (ResvLocking.maySleep(lock)) {
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
        ThreadSections thread = SignallingSection.entered(state, report);
        if (thread != null) {
            SignallingSection.violation(thread, what, report)
                    .says("Thread " + thread.id() + " may sleep in a section that a fence needs in order to signal: "
                            + what + ".");
        }
    }
}
