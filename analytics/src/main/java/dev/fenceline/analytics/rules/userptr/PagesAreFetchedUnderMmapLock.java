package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Notifier;
import dev.fenceline.analytics.state.NotifierCalls.Call;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadLocks;
import dev.fenceline.event.Event;
import dev.fenceline.event.HmmRangeFault;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.NotifierReadBegin;
import dev.fenceline.event.NotifierReadBeginDone;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** U13: pages are fetched under the mmap_lock, and nothing of a fetch that may sleep is done under the notifier lock. */
public final class PagesAreFetchedUnderMmapLock {
    public static final Rule RULE = Rule.named("U13", "pages-are-fetched-under-mmap-lock")
            .severity(Severity.ERROR)
            .states(
                    "mmu_interval_read_begin is called outside of callbacks and without the notifier lock, hmm_range_fault with the "
                            + "mmap_lock and without the notifier lock.")
            .why(
                    "Both wait for a running invalidation, whose callback waits for the notifier lock; and without the mmap_lock the "
                            + "page tables change under the walk.")
            .source("Documentation/mm/hmm.rst; mmu_notifier.c:mmu_interval_read_begin; thread 001")
            .advice(
                    "Drop the notifier lock before the fetch, take it again after, and compare the sequence number then.")
            .needs(Stream.LOCK, Stream.MM, Stream.NOTIFIER, Stream.USERPTR)
            .before(
                    NotifierReadBegin.class,
                    (begin, state, report) -> judgeBegin(begin, begin.notifier(), state, report))
            .before(
                    NotifierReadBeginDone.class,
                    (done, state, report) -> judgeBegin(done, done.notifier(), state, report))
            .before(HmmRangeFault.class, PagesAreFetchedUnderMmapLock::judgeFault)
            .build();

    private PagesAreFetchedUnderMmapLock() {}

    private static void judgeBegin(Event begin, long id, KernelState state, Report report) {
        Call call = state.notifierCalls().running(begin.tid());
        if (call != null) {
            report.violation("thread=" + begin.tid())
                    .since(call.seq())
                    .witness("callback called", call.seq())
                    .witness("waits for invalidations", begin.seq())
                    .says("A thread waits in the callback of notifier " + call.notifier()
                            + " until no invalidation runs.");
            return;
        }
        judgeNotifierLock(begin, id, state, report);
    }

    private static void judgeFault(HmmRangeFault fault, KernelState state, Report report) {
        judgeNotifierLock(fault, fault.notifier(), state, report);
        if (holdsMmapLock(state.locks().thread(fault.tid()))) {
            return;
        }
        // hmm_range_fault_unlocked_timeout of 7.x takes the lock itself; what it does inside may not be recorded.
        boolean mayBeHelper = state.session().isKernelKnown()
                ? state.session().isKernelAtLeast(7, 0)
                : !state.locks().isMmapLockSeen();
        if (state.session().notifierModel() == NotifierModel.PINNED) {
            // Pages are pinned by pin_user_pages_fast, which locks what it needs.
            return;
        }
        if (mayBeHelper) {
            report.unknown("the driver may fetch with a call that takes the mmap_lock itself");
            return;
        }
        report.violation("thread=" + fault.tid())
                .restsOnAll()
                .witness("pages fetched without the mmap_lock", fault.seq())
                .says("Pages are fetched by a thread that does not hold the mmap_lock.");
    }

    private static boolean holdsMmapLock(@Nullable ThreadLocks thread) {
        for (int i = 0; thread != null && i < thread.held(); i++) {
            if (thread.lockClass(i) == LockClass.MMAP_LOCK) {
                return true;
            }
        }
        return false;
    }

    private static void judgeNotifierLock(Event at, long id, KernelState state, Report report) {
        Notifier notifier = state.notifiers().notifier(id);
        long held = notifier != null
                ? state.notifiers().lockHeldSince(at.tid(), notifier)
                : state.notifiers().lockHeldSince(at.tid(), state.session().soleObject("vm"));
        if (held > 0) {
            report.violation("thread=" + at.tid())
                    .since(held)
                    .restsOn(notifier)
                    .restsOn(
                            notifier == null
                                    ? null
                                    : state.spaces().vm(state.notifiers().vmOf(notifier)))
                    .witness("notifier lock taken", held)
                    .witness("may wait for an invalidation", at.seq())
                    .says(
                            "A thread that holds the notifier lock may wait for an invalidation whose callback needs that lock.");
        }
    }
}
