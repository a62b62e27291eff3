package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Notifier;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadLocks;
import dev.fenceline.event.Event;
import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.PageAccess;
import dev.fenceline.event.PageAccessor;
import dev.fenceline.event.Severity;

/** U01: an unpinned page is used only inside a validated section. */
public final class UserptrPageIsUsedValidated {
    public static final Rule RULE = Rule.named("U01", "userptr-page-is-used-validated")
            .severity(Severity.CRITICAL)
            .states(
                    "The kernel touches a page that hmm_range_fault found only while it holds the notifier lock, after a "
                            + "comparison under that lock found the sequence number of the fetch unchanged; and nobody touches such a "
                            + "page after it was freed.")
            .why(
                    "hmm_range_fault pins nothing: without the lock an invalidation lets the page be freed and handed to another "
                            + "process during the access.")
            .source(
                    "Documentation/mm/hmm.rst; include/linux/mmu_notifier.h:mmu_interval_read_retry; thread 001 (\"holds the "
                            + "invalidation lock during the critical section, drops it when reacquiring pages\")")
            .advice(
                    "Keep the notifier lock from the comparison to the end of the copy, and fetch the pages again if it collided.")
            .needs(Stream.ACCESS, Stream.LOCK, Stream.MM, Stream.NOTIFIER, Stream.PAGE, Stream.USERPTR)
            .before(PageAccess.class, UserptrPageIsUsedValidated::judge)
            .before(GpuAccess.class, UserptrPageIsUsedValidated::judgeGpu)
            .build();

    private UserptrPageIsUsedValidated() {}

    private static void judge(PageAccess access, KernelState state, Report report) {
        Notifier notifier = state.notifiers().guarding(access.via());
        if (notifier == null
                || access.who() == PageAccessor.CPU_USER
                || access.who() == PageAccessor.UNKNOWN
                || notifier.isPinned()
                || state.session().notifierModel() == NotifierModel.PINNED) {
            return;
        }
        long freed = state.pages().freedSeq(access.page());
        if (access.who() != PageAccessor.CPU_KMAP) {
            // The device is kept away by its page tables, not by the lock; a freed page is out of bounds for it too.
            if (freed > 0) {
                report(notifier, access, report, "the page was freed before").witness("page freed", freed);
            }
            return;
        }
        ThreadLocks thread = state.locks().thread(access.tid());
        long held = state.notifiers().lockHeldSince(access.tid(), notifier);
        long checked = thread == null ? 0 : thread.checkSeq(notifier.id());
        if (thread == null || held == 0) {
            report(notifier, access, report, "the thread does not hold the notifier lock")
                    .witness("pages found valid", notifier.checkSeq())
                    .witness("lock released", notifier.checkEndedSeq())
                    .witness("page freed", freed);
        } else if (checked <= held) {
            report(notifier, access, report, "the pages were not found valid since the lock was taken")
                    .witness("lock taken", held);
        } else if (isOtherFetch(thread.checkNumber(notifier.id()), notifier.pinNumber())) {
            report(notifier, access, report, "the comparison was for another fetch than the last")
                    .witness("compared", checked);
        } else if (freed > 0) {
            report(notifier, access, report, "the page was freed before").witness("page freed", freed);
        } else if (notifier.isForeignPage(access.page())) {
            report(notifier, access, report, "the page is not one that the last fetch found");
        } else if (notifier.isLockGuess()) {
            report.unknown("it is not known whether the lock of notifier {} is still held", notifier.id());
        }
    }

    /** A queue reaches a page that is somebody else's by now. */
    private static void judgeGpu(GpuAccess access, KernelState state, Report report) {
        long freed = state.pages().freedSeq(access.page());
        Mapping mapping = freed > 0 && access.hasVm() ? state.spaces().userptrAt(access.vm(), access.address()) : null;
        Notifier notifier = mapping == null ? null : state.notifiers().guarding(mapping.id());
        if (notifier != null && !notifier.isPinned() && state.session().notifierModel() != NotifierModel.PINNED) {
            report.violation("notifier=" + notifier.id())
                    .witness("pages fetched", notifier.pinSeq() < freed ? notifier.pinSeq() : 0)
                    .witness("page freed", freed)
                    .witness("page accessed", access.seq())
                    .says("The GPU uses a page under notifier " + notifier.id() + " that was freed.");
        }
    }

    private static boolean isOtherFetch(long compared, long fetched) {
        // The number is the notifier's own: that of the mm is odd while other ranges are invalidated, which is no
        // matter.
        return compared != Event.ABSENT && fetched != Event.ABSENT && compared != fetched;
    }

    private static Finding report(Notifier notifier, PageAccess access, Report report, String how) {
        return report.violation("notifier=" + notifier.id())
                .witness("pages fetched", notifier.pinSeq())
                .witness("page accessed", access.seq())
                .says("A page under notifier " + notifier.id() + " is accessed although " + how + ".");
    }
}
