package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rules.vm.StaleTranslation.Cause;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.Translations.Stale;
import dev.fenceline.event.BoCreate;
import dev.fenceline.event.PageFree;
import dev.fenceline.event.Severity;
import dev.fenceline.event.VramFree;
import org.jspecify.annotations.Nullable;

/** V02: the TLBs are told after the page table entries are cleared. */
public final class TlbIsFlushedAfterZap {
    public static final Rule RULE = Rule.named("V02", "tlb-is-flushed-after-zap")
            .severity(Severity.CRITICAL)
            .states(
                    "An invalidation of a TLB makes memory safe to give away only if it was sent after the entries were cleared: by the "
                            + "CPU, or by a job whose fence signalled before.")
            .why("A walk between the two loads the old entry into the TLB again, where it stays.")
            .source("xe_vm.c:xe_vm_invalidate_vma (xe_pt_zap_ptes, xe_device_wmb, then the request), "
                    + "xe_tlb_inval_job.c (depends on the page table job); thread 000")
            .advice("Clear, then a write barrier, then the request; let the request depend on the job that clears.")
            .needs(Stream.FENCE, Stream.PAGE, Stream.PTE, Stream.SCHED, Stream.TLB, Stream.VM)
            .before(
                    PageFree.class,
                    (e, state, report) -> judge(StaleTranslation.of(e, Cause.SENT_EARLY, state), report))
            .before(
                    VramFree.class,
                    (e, state, report) -> judge(StaleTranslation.of(e, Cause.SENT_EARLY, state), report))
            .before(
                    BoCreate.class,
                    (e, state, report) -> judge(StaleTranslation.of(e, Cause.SENT_EARLY, state), report))
            .build();

    private TlbIsFlushedAfterZap() {}

    private static void judge(@Nullable Stale stale, Report report) {
        if (stale == null) {
            return;
        }
        report.violation("vm=" + stale.vm())
                .since(stale.zapSeq())
                .witness("invalidation sent", stale.earlySeq())
                .witness("entries cleared", stale.zapSeq())
                .witness("memory given away", report.event().seq())
                .says("Memory that VM " + stale.vm()
                        + " mapped is given away after an invalidation that was sent before the entries were cleared.");
    }
}
