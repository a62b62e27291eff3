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

/** V05: an invalidation that timed out flushed nothing. */
public final class TimedOutFlushIsNone {
    public static final Rule RULE = Rule.named("V05", "timed-out-flush-is-none")
            .severity(Severity.HIGH)
            .states(
                    "A page that only an invalidation which timed out or failed guards is not freed before the GT is reset or a "
                            + "later invalidation succeeded.")
            .why("The fence of the request signals, with an error, and the TLB still translates to the page.")
            .source("xe_tlb_inval.c:xe_tlb_inval_fence_timeout (-ETIME); xe_tlb_inval_batch_wait looks at no error")
            .advice("Look at the fence's error, and reset the GT before the memory goes back.")
            .needs(Stream.FENCE, Stream.PAGE, Stream.PTE, Stream.SCHED, Stream.TLB, Stream.VM)
            .before(
                    PageFree.class,
                    (free, state, report) ->
                            judge(free.page(), FreedPage.reachedBy(free.page(), Gap.FAILED, state), state, report))
            .before(
                    VramFree.class,
                    (free, state, report) ->
                            judge(free.block(), FreedPage.reachedBy(free, Gap.FAILED, state), state, report))
            .build();

    private TimedOutFlushIsNone() {}

    private static void judge(long page, List<StaleTranslation> reached, KernelState state, Report report) {
        for (StaleTranslation stale : reached) {
            report.violation("vm=" + stale.vm())
                    .since(stale.zapSeq())
                    .restsOn(state.spaces().vm(stale.vm()))
                    .witness("entries cleared", stale.zapSeq())
                    .witness("TLB asked", stale.sendSeq())
                    .witness("TLB did not answer", stale.failedSeq())
                    .witness("page freed", report.event().seq())
                    .says("Page " + page + " of VM " + stale.vm() + " is freed after an invalidation that timed out.");
        }
    }
}
