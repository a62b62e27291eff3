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

/** V05: an invalidation that timed out flushed nothing. */
public final class TimedOutFlushIsNone {
    public static final Rule RULE = Rule.named("V05", "timed-out-flush-is-none")
            .severity(Severity.HIGH)
            .states(
                    "Memory that only an invalidation which timed out or failed guards is not given away before the GT is reset or a "
                            + "later invalidation succeeded.")
            .why("The fence of the request signals with an error, and the TLB still translates to the memory.")
            .source("xe_tlb_inval.c:xe_tlb_inval_fence_timeout (-ETIME); xe_tlb_inval_batch_wait looks at no error")
            .advice("Look at the fence's error, and reset the GT before the memory goes back.")
            .needs(Stream.FENCE, Stream.PAGE, Stream.PTE, Stream.SCHED, Stream.TLB, Stream.VM)
            .before(PageFree.class, (e, state, report) -> judge(StaleTranslation.of(e, Cause.TIMED_OUT, state), report))
            .before(VramFree.class, (e, state, report) -> judge(StaleTranslation.of(e, Cause.TIMED_OUT, state), report))
            .before(BoCreate.class, (e, state, report) -> judge(StaleTranslation.of(e, Cause.TIMED_OUT, state), report))
            .build();

    private TimedOutFlushIsNone() {}

    private static void judge(@Nullable Stale stale, Report report) {
        if (stale == null) {
            return;
        }
        report.violation("vm=" + stale.vm())
                .since(stale.zapSeq())
                .witness("entries cleared", stale.zapSeq())
                .witness("invalidation timed out", stale.timeoutSeq())
                .witness("memory given away", report.event().seq())
                .says("Memory that VM " + stale.vm() + " mapped is given away after an invalidation that timed out.");
    }
}
