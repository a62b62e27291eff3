package dev.fenceline.simulator.svm;

import dev.fenceline.event.RangeReason;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.gt.TlbBatch;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.MmuRange;
import dev.fenceline.simulator.mm.NotifierOps;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * drm_gpusvm.c:drm_gpusvm_notifier_invalidate and xe_svm.c:xe_svm_invalidate: the GPU loses every range that is hit, all of it, whatever
 * part is hit. One of which something is unmapped is not used again.
 */
public final class InvalidateRanges extends NotifierOps.StartPass {
    /** Of a range that is unmapped in part only the entries of that part are cleared (rule U20). */
    public static final Deviation ZAPS_PART = new Deviation("svm-zaps-unmapped-part-only");

    /** A range that is unmapped in part is used again, for what was mapped in its place (rule U20). */
    public static final Deviation KEEPS_RANGE = new Deviation("svm-range-survives-unmap", 8);

    /** The pages of a range stay mapped for DMA until they are fetched again (rule U08). */
    public static final Deviation KEEPS_DMA = new Deviation("svm-dma-mapping-outlives-notifier");

    /** The notifier returns before the TLBs have forgotten the ranges (rule U07). */
    public static final Deviation RETURNS_BEFORE_TLB = new Deviation("svm-notifier-returns-before-tlb");

    /** The notifier leaves what the driver itself migrates alone, as drivers may that have cleared the entries before (rule U07). */
    public static final Deviation SKIPS_MIGRATION = new Deviation("svm-notifier-skips-own-migration", 4);

    private static final Path<InvalidateRanges> PATH = Path.<InvalidateRanges>named("drm_gpusvm_notifier_invalidate")
            .lock(pass -> pass.svm.vm().notifierLock(), Lock.Mode.W)
            .run(InvalidateRanges::begin)
            .when(pass -> !pass.hit.isEmpty(), InvalidateRanges::invalidate)
            .unlock(pass -> pass.svm.vm().notifierLock())
            .end();

    private final GpuSvm svm;
    private final SvmNotifier notifier;
    private final MmuRange range;
    private final long curSeq;
    private List<SvmRange> hit = List.of();
    private @Nullable TlbBatch flush;

    InvalidateRanges(SvmNotifier notifier, MmuRange range, long curSeq) {
        this.svm = notifier.svm();
        this.notifier = notifier;
        this.range = range;
        this.curSeq = curSeq;
    }

    private static Path.Builder<InvalidateRanges> invalidate(Path.Builder<InvalidateRanges> path) {
        return path.call(pass -> new ResvWait(pass.svm.vm().resv(), Usage.BOOKKEEP))
                .run(InvalidateRanges::zap)
                .call(InvalidateRanges::flushed)
                .run(InvalidateRanges::end);
    }

    private void begin() {
        notifier.notifier().setSeq(curSeq);
        hit = svm.rangesIn(notifier, range);
        boolean migrates = range.reason() == RangeReason.MIGRATE && hit.stream().anyMatch(SvmRange::isBound);
        if (migrates && kernel().deviates(SKIPS_MIGRATION)) {
            hit = List.of();
        }
    }

    /** {@code xe_svm_range_notifier_event_begin} of each, and one request to the TLBs for all. */
    private void zap() {
        long from = Long.MAX_VALUE;
        long to = 0;
        for (SvmRange each : hit) {
            if (!each.isBound()) {
                continue;
            }
            boolean part = isUnmap() && isBeginOrEndOf(each) && kernel().deviates(ZAPS_PART);
            long start = part ? Math.max(range.start(), each.start()) : each.start();
            long end = part ? Math.min(range.end(), each.end()) : each.end();
            each.zapPtes(start, end);
            from = Math.min(from, start);
            to = Math.max(to, end);
        }
        flush = from < to ? TlbBatch.submit(svm.vm().device().tlbs(), svm.vm().id(), from, to, () -> {}) : null;
    }

    private boolean isUnmap() {
        return range.reason() == RangeReason.UNMAP;
    }

    private boolean isBeginOrEndOf(SvmRange each) {
        boolean begin = range.start() <= each.start();
        boolean end = range.end() >= each.end();
        return begin != end;
    }

    private @Nullable Call flushed() {
        return flush != null && kernel().deviates(RETURNS_BEFORE_TLB) ? null : flush;
    }

    /** {@code xe_svm_range_notifier_event_end} of each. */
    private void end() {
        for (SvmRange each : hit) {
            if (!each.hasValidPages() || !kernel().deviates(KEEPS_DMA)) {
                each.unmapDma();
            }
            if (isUnmap() && !survives(each)) {
                svm.discard(each);
            }
        }
    }

    private boolean survives(SvmRange each) {
        boolean isMappedOver = !svm.mm().isReleased() && svm.mm().isMapped(each.start(), each.end());
        return isMappedOver && isBeginOrEndOf(each) && kernel().deviates(KEEPS_RANGE);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
