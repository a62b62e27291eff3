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
import org.jspecify.annotations.Nullable;

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
            .before(ReclaimBegin.class, (e, state, report) -> judge(FS_RECLAIM, state, report))
            .build();

    private LocksAreTakenInOrder() {}

    private static void judge(LockClass lockClass, boolean tries, KernelState state, Report report) {
        int place = place(lockClass);
        if (place > 0 && !tries) {
            judge(place, state, report);
        }
    }

    private static void judgeReservation(ResvLock lock, KernelState state, Report report) {
        if (!lock.tryValue()) {
            judge(RESERVATION, state, report);
        }
    }

    private static void judge(int place, KernelState state, Report report) {
        Event event = report.event();
        ThreadLocks locks = state.locks().thread(event.tid());
        ThreadSections thread = state.threads().thread(event.tid());
        int latest = thread == null ? 0 : latestSection(thread);
        int lock = latestLock(locks);
        if (locks != null && lock >= 0 && place(locks.lockClass(lock)) >= latest) {
            latest = place(locks.lockClass(lock));
            if (latest > place) {
                violation(place, "holds " + name(latest), locks.acquireSeq(lock), report);
            }
        } else if (thread != null && latest > place) {
            violation(place, role(latest), enterSeq(latest, thread), report);
        }
    }

    private static void violation(int place, String holds, long since, Report report) {
        Event event = report.event();
        report.violation("tid=" + event.tid() + " held=" + since + " place=" + place)
                .since(since)
                .witness(holds, since)
                .witness("waits for " + name(place), event.seq())
                .says("Thread " + event.tid() + " waits for " + name(place) + " although it " + holds
                        + ", which comes after it in the order.");
    }

    /** The first of the locks that come last in the order; negative if none is in it. */
    private static int latestLock(@Nullable ThreadLocks locks) {
        int latest = -1;
        int latestPlace = 0;
        for (int i = 0; locks != null && i < locks.held(); i++) {
            int place = place(locks.lockClass(i));
            if (place > latestPlace) {
                latest = i;
                latestPlace = place;
            }
        }
        return latest;
    }

    /** The place of what the thread is in that comes last in the order; 0 if it is in nothing of it. */
    private static int latestSection(ThreadSections thread) {
        if (!thread.signalling().isEmpty()) {
            return SIGNALLING;
        }
        if (!thread.notifiers().isEmpty()) {
            return MMU_NOTIFIER;
        }
        if (!thread.reclaim().isEmpty()) {
            return FS_RECLAIM;
        }
        return thread.reservations().isEmpty() ? 0 : RESERVATION;
    }

    private static long enterSeq(int place, ThreadSections thread) {
        return switch (place) {
            case SIGNALLING -> thread.signalling().outermostSeq();
            case MMU_NOTIFIER -> thread.notifiers().outermostSeq();
            case FS_RECLAIM -> thread.reclaim().outermostSeq();
            default -> thread.reservations().outermostSeq();
        };
    }

    private static String role(int place) {
        return switch (place) {
            case SIGNALLING -> "is in a signalling section";
            case MMU_NOTIFIER -> "is in a notifier callback";
            case FS_RECLAIM -> "is in reclaim";
            default -> "holds a reservation";
        };
    }

    private static String name(int place) {
        return switch (place) {
            case MMAP_LOCK -> "mmap_lock";
            case RESERVATION -> "a reservation";
            case FS_RECLAIM -> "fs_reclaim";
            case I_MMAP -> "i_mmap";
            default -> "mmu_notifier";
        };
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
