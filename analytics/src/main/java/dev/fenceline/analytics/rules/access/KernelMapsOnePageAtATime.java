package dev.fenceline.analytics.rules.access;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.PageAccess;
import dev.fenceline.event.PageAccessor;
import dev.fenceline.event.Severity;

/** T10: an access through a mapped page ends with the page. */
public final class KernelMapsOnePageAtATime {
    public static final Rule RULE = Rule.named("T10", "kernel-maps-one-page-at-a-time")
            .severity(Severity.CRITICAL)
            .states(
                    "An access through kmap_local_page stays inside that one page, unless the kernel is known to map all memory at all "
                            + "times.")
            .why("The address after the page is that of whatever the CPU mapped there before, or of nothing.")
            .source(
                    "include/linux/highmem.h:kmap_local_page; xe_hmm.c:xe_build_sg (one entry for many contiguous pages); thread 001")
            .advice("Map and copy page by page, whatever the length of the scatterlist entry.")
            .needs(Stream.ACCESS, Stream.USERPTR)
            .before(PageAccess.class, KernelMapsOnePageAtATime::judge)
            .build();

    private KernelMapsOnePageAtATime() {}

    private static void judge(PageAccess access, KernelState state, Report report) {
        if (access.who() != PageAccessor.CPU_KMAP
                || !access.hasLength()
                || state.session().isLowMemoryOnly()) {
            return;
        }
        long page = state.session().pageSizeBytes();
        long offset = access.hasOffset() ? access.offset() : 0;
        if (offset < 0 || offset > page || access.length() > page - offset) {
            report.violation("page=" + access.page())
                    .since(access.seq())
                    .witness("accessed beyond the page", access.seq())
                    .says("An access of " + access.length() + " bytes at " + offset + " of page " + access.page()
                            + " goes beyond the " + page + " bytes that are mapped.");
        }
    }
}
