package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.InvalidationRange;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.SvmRanges;
import dev.fenceline.analytics.state.UserptrDmaMaps;
import dev.fenceline.event.Event;
import dev.fenceline.event.MmRangeStartDone;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.Severity;

/** U08: the DMA mapping of invalidated pages is gone when the invalidation starts. */
public final class DmaMappingEndsInNotifier {
    public static final Rule RULE = Rule.named("U08", "dma-mapping-ends-in-notifier")
            .severity(Severity.HIGH)
            .states(
                    "Where the driver ends DMA mappings in the notifier, no DMA mapping that was made for a notifier exists when an "
                            + "invalidation that called it starts (returns 0).")
            .why(
                    "The device, or whoever controls it, reaches the pages by their old DMA addresses after they were freed.")
            .source(
                    "drm_gpusvm.c:drm_gpusvm_unmap_pages (the security model of the IOMMU); xe_vm.c of 6.12; thread 001")
            .advice("Unmap the pages in the callback, after the GPU was stopped.")
            .needs(Stream.DMA, Stream.MM, Stream.NOTIFIER, Stream.USERPTR)
            .parameter("dma_in_notifier", "session_start.dma_in_notifier", "the recording; not judged without it")
            .before(MmRangeStartDone.class, DmaMappingEndsInNotifier::judge)
            .build();

    private DmaMappingEndsInNotifier() {}

    private static void judge(MmRangeStartDone done, KernelState state, Report report) {
        InvalidationRange range = state.notifiers().range(done.rangeId());
        boolean refused = done.hasResult() && done.result() < 0;
        if (range == null
                || refused
                || !state.session().endsDmaInNotifier()
                || state.session().notifierModel() == NotifierModel.PINNED) {
            return;
        }
        for (int i = 0; i < range.callbackCount(); i++) {
            InvalidationRange.Callback callback = range.callback(i);
            UserptrDmaMaps maps = state.userptrDmaMaps();
            if (callback.refused() || maps.count(callback.notifier()) == 0) {
                continue;
            }
            for (int m = 0; m < maps.count(callback.notifier()); m++) {
                UserptrDmaMaps.Map map = maps.map(callback.notifier(), m);
                // What was mapped since the call is of a later fetch.
                if (map.seq() < callback.invalidateSeq() && isHit(map, range, state)) {
                    report.violation("notifier=" + callback.notifier())
                            .since(map.seq())
                            .witness("page mapped for DMA", map.seq())
                            .witness("notifier called", callback.invalidateSeq())
                            .witness("started while it is mapped", done.seq())
                            .says("The invalidation starts while pages under notifier " + callback.notifier()
                                    + " are still mapped for DMA.");
                    break;
                }
            }
        }
    }

    /** One notifier watches many SVM ranges, of which an invalidation may hit some. */
    private static boolean isHit(UserptrDmaMaps.Map map, InvalidationRange invalidation, KernelState state) {
        if (map.range() == Event.ABSENT) {
            return true;
        }
        SvmRanges.SvmRange range = state.svmRanges().range(map.range());
        return range != null && range.overlaps(invalidation.start(), invalidation.end());
    }
}
