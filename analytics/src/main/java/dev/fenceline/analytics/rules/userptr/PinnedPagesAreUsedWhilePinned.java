package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Notifier;
import dev.fenceline.analytics.state.PinnedPages.Pinned;
import dev.fenceline.analytics.state.SessionFacts;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.ExecPublish;
import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.LongList;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.PageAccess;
import dev.fenceline.event.PageAccessor;
import dev.fenceline.event.Severity;

/** U16: where userptr pages are pinned, old work uses them until they are unpinned, and new work only if they are current. */
public final class PinnedPagesAreUsedWhilePinned {
    public static final Rule RULE = Rule.named("U16", "pinned-pages-are-used-while-pinned")
            .severity(Severity.ERROR)
            .states(
                    "In a driver that pins userptr pages the GPU reaches a page only while it is pinned, and work is not published "
                            + "with pages that were invalidated since they were pinned.")
            .why(
                    "The pin is all that keeps the page; and after an invalidation the process sees other pages at those addresses, "
                            + "so that the GPU works on a copy nobody reads.")
            .source(
                    "i915_gem_userptr.c:i915_gem_userptr_invalidate, i915_gem_object_userptr_submit_done (-EAGAIN); thread 001")
            .advice(
                    "Unpin after the last fence of the work; on a collision at submission give the pages back and start anew.")
            .needs(Stream.ACCESS, Stream.MM, Stream.NOTIFIER, Stream.USERPTR, Stream.VM)
            .before(ExecPublish.class, PinnedPagesAreUsedWhilePinned::judgePublish)
            .before(GpuAccess.class, (access, state, report) -> judgeAccess(access.page(), state, report))
            .before(PageAccess.class, (access, state, report) -> {
                if (access.who() == PageAccessor.GPU) {
                    judgeAccess(access.page(), state, report);
                }
            })
            .build();

    private PinnedPagesAreUsedWhilePinned() {}

    private static boolean pins(SessionFacts session) {
        return session.notifierModel() == NotifierModel.PINNED || !session.declaresNotifierModel();
    }

    private static void judgePublish(ExecPublish publish, KernelState state, Report report) {
        LongList pages = publish.pages();
        boolean failed = publish.hasResult() && publish.result() < 0;
        for (int i = 0; pages != null && !failed && pins(state.session()) && i < pages.size(); i++) {
            Pinned page = state.pinnedPages().page(pages.get(i));
            Notifier notifier = page == null ? null : state.notifiers().notifier(page.notifier());
            if (page != null && page.departed() > 0) {
                report.violation("page=" + page.id())
                        .witness("unpinned", page.departed())
                        .witness("work published", publish.seq())
                        .says("Work is published with page " + page.id() + ", which is no longer pinned.");
                return;
            }
            if (page != null && notifier != null && page.isInvalidated(notifier)) {
                report.violation("notifier=" + notifier.id())
                        .since(page.born())
                        .witness("page pinned", page.pinSeq())
                        .witness("invalidated", notifier.setSeq())
                        .witness("work published", publish.seq())
                        .says("Work is published with page " + page.id()
                                + ", which was invalidated since it was pinned.");
                return;
            }
        }
    }

    private static void judgeAccess(long id, KernelState state, Report report) {
        Pinned page = state.pinnedPages().page(id);
        if (page != null && page.departed() > 0 && pins(state.session())) {
            report.violation("page=" + page.id())
                    .witness("unpinned", page.departed())
                    .witness("accessed by the GPU", report.event().seq())
                    .says("The GPU accesses page " + page.id() + " after it was unpinned.");
        }
    }
}
