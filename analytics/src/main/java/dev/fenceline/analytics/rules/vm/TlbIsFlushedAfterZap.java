package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.StaleTranslation;
import dev.fenceline.analytics.state.StaleTranslation.Gap;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.PageFree;
import dev.fenceline.event.Severity;
import dev.fenceline.event.VramFree;
import java.util.List;

/** V02: the TLBs are asked after the page table entries are cleared. */
public final class TlbIsFlushedAfterZap {
    public static final Rule RULE = Rule.named("V02", "tlb-is-flushed-after-zap")
            .severity(Severity.CRITICAL)
            .states(
                    "An invalidation of a TLB makes a page safe to free only if it was sent after the entries were cleared: by the "
                            + "CPU, or by a job whose fence signalled before.")
            .why("A walk between the two loads the old entry into the TLB again, where it stays.")
            .source("xe_vm.c:xe_vm_invalidate_vma_submit (xe_pt_zap_ptes, xe_device_wmb, then the request), "
                    + "xe_tlb_inval_job.c (depends on the page table job); thread 000")
            .advice("Clear, then a write barrier, then the request; let the request depend on the job that clears.")
            .needs(Stream.FENCE, Stream.PAGE, Stream.PTE, Stream.SCHED, Stream.TLB, Stream.VM)
            .before(
                    PageFree.class,
                    (free, state, report) ->
                            judge(free.page(), FreedPage.reachedBy(free.page(), Gap.SENT_EARLY, state), state, report))
            .before(
                    VramFree.class,
                    (free, state, report) ->
                            judge(free.block(), FreedPage.reachedBy(free, Gap.SENT_EARLY, state), state, report))
            .build();

    private TlbIsFlushedAfterZap() {}

    private static void judge(long page, List<StaleTranslation> reached, KernelState state, Report report) {
        for (StaleTranslation stale : reached) {
            report.violation("vm=" + stale.vm())
                    .since(stale.earlySeq())
                    .restsOn(state.spaces().vm(stale.vm()))
                    .witness("TLB asked", stale.earlySeq())
                    .witness("entries cleared", stale.zapSeq())
                    .witness("page freed", report.event().seq())
                    .says("Page " + page + " of VM " + stale.vm()
                            + " is freed after an invalidation that was sent before its entries were cleared.");
        }
    }
}
