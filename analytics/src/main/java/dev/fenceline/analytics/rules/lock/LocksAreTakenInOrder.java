package dev.fenceline.analytics.rules.lock;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadLocks;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.Event;
import dev.fenceline.event.LockAcquire;
import dev.fenceline.event.LockBlock;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.ReclaimBegin;
import dev.fenceline.event.ResvLock;
import dev.fenceline.event.Severity;
import java.util.Locale;

/** A-L01: the primed lock order. */
public final class LocksAreTakenInOrder {
    /** The places in the order of dma_resv_lockdep; a wait for a fence comes last and may be under all of them. */
    private static final int MMAP_LOCK = 1;

    private static final int RESERVATION = 2;
    private static final int FS_RECLAIM = 3;
    private static final int I_MMAP = 4;
    private static final int MMU_NOTIFIER = 5;
    private static final int SIGNALLING = 6;

    public static final Rule RULE = Rule.named("A-L01", "locks-are-taken-in-order")
            .severity(Severity.DEADLOCK)
            .states(
                    "A thread that holds one of mmap_lock, dma_resv, fs_reclaim, i_mmap, mmu_notifier does not wait for one that "
                            + "comes before it in this order, and for none of them inside a fence signalling section; trylocks are free.")
            .why(
                    "Another thread takes them in the order that the kernel primes: sooner or later the two wait for each other.")
            .source("dma-resv.c:dma_resv_lockdep, dma-fence.c (\"DOC: fence signalling annotation\")")
            .advice("Take the earlier lock first, or try it and back off, as TTM's fault handler and its LRU walk do.")
            .needs(Stream.LOCKCLS)
            .before(LockAcquire.class, (e, state, report) -> judge(e.lockClass(), e.tryValue(), state, report))
            .before(LockBlock.class, (e, state, report) -> judge(e.lockClass(), e.tryValue(), state, report))
            .before(ResvLock.class, LocksAreTakenInOrder::judgeReservation)
            .before(ReclaimBegin.class, (e, state, report) -> judge(FS_RECLAIM, "fs_reclaim", state, report))
            .build();

    private LocksAreTakenInOrder() {}

    private static void judge(LockClass lockClass, boolean tries, KernelState state, Report report) {
        int place = place(lockClass);
        if (place > 0 && !tries) {
            judge(place, lockClass.name().toLowerCase(Locale.ROOT), state, report);
        }
    }

    private static void judgeReservation(ResvLock lock, KernelState state, Report report) {
        if (!lock.tryValue()) {
            judge(RESERVATION, "a reservation", state, report);
        }
    }

    private static void judge(int place, String what, KernelState state, Report report) {
        Event event = report.event();
        Held held = latest(event.tid(), state);
        if (held.place > place) {
            report.violation("tid=" + event.tid() + " held=" + held.seq + " place=" + place)
                    .since(held.seq)
                    .witness(held.what, held.seq)
                    .witness("waits for " + what, event.seq())
                    .says("Thread " + event.tid() + " waits for " + what + " although it " + held.what
                            + ", which comes after it in the order.");
        }
    }

    private record Held(int place, String what, long seq) {}

    /** What the thread holds that comes last in the order. */
    private static Held latest(long tid, KernelState state) {
        Held latest = new Held(0, "", 0);
        ThreadLocks locks = state.locks().thread(tid);
        for (int i = 0; locks != null && i < locks.held(); i++) {
            int place = place(locks.lockClass(i));
            if (place > latest.place) {
                String name = locks.lockClass(i).name().toLowerCase(Locale.ROOT);
                latest = new Held(place, "holds " + name, locks.acquireSeq(i));
            }
        }
        ThreadSections thread = state.threads().thread(tid);
        if (thread == null) {
            return latest;
        }
        if (latest.place < RESERVATION && !thread.reservations().isEmpty()) {
            latest = new Held(
                    RESERVATION, "holds a reservation", thread.reservations().outermostSeq());
        }
        if (latest.place < FS_RECLAIM && !thread.reclaim().isEmpty()) {
            latest = new Held(FS_RECLAIM, "is in reclaim", thread.reclaim().outermostSeq());
        }
        if (latest.place < MMU_NOTIFIER && !thread.notifiers().isEmpty()) {
            latest = new Held(
                    MMU_NOTIFIER,
                    "is in a notifier callback",
                    thread.notifiers().outermostSeq());
        }
        if (!thread.signalling().isEmpty()) {
            latest = new Held(
                    SIGNALLING,
                    "is in a signalling section",
                    thread.signalling().outermostSeq());
        }
        return latest;
    }

    private static int place(LockClass lockClass) {
        return switch (lockClass) {
            case MMAP_LOCK -> MMAP_LOCK;
            case FS_RECLAIM -> FS_RECLAIM;
            case I_MMAP -> I_MMAP;
            case MMU_NOTIFIER -> MMU_NOTIFIER;
            default -> 0;
        };
    }
}
