package dev.fenceline.analytics.rules.sync;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.SyncObject;
import dev.fenceline.event.Severity;
import dev.fenceline.event.SyncobjPoint;

/** A-Y03: timeline points: increasing by contract, unordered tolerated. */
public final class TimelinePointsIncrease {
    public static final Rule RULE = Rule.named("A-Y03", "timeline-points-increase")
            .severity(Severity.WARN)
            .states(
                    "Each point added to a timeline sync object is higher than those before, as 64 bits without sign, until "
                            + "the sync object is reset or given another fence.")
            .why("The kernel takes the point, but then waits for smaller points and the payload lose their meaning.")
            .source(
                    "drm_syncobj.c:drm_syncobj_add_point (\"You are adding an unorder point to timeline!\"), "
                            + "dma-fence-chain.c:dma_fence_chain_init, dma-fence-chain.c:dma_fence_chain_find_seqno; thread 003")
            .advice("Let one place count the points of a sync object, and submit in that order.")
            .needs(Stream.SO, Stream.POINT)
            .before(SyncobjPoint.class, TimelinePointsIncrease::judge)
            .build();

    private TimelinePointsIncrease() {}

    private static void judge(SyncobjPoint point, KernelState state, Report report) {
        SyncObject object = state.syncObjects().syncObject(point.syncobj());
        boolean failed = point.hasResult() && point.result() < 0;
        // Point 0 means a binary sync object.
        if (failed || object == null || object.pointSeq() == 0 || !point.hasPoint() || point.point() == 0) {
            return;
        }
        if (Long.compareUnsigned(point.point(), object.point()) <= 0) {
            report.violation("syncobj=" + object.id())
                    .since(object.pointSeq())
                    .witness("point " + Long.toUnsignedString(object.point()) + " added", object.pointSeq())
                    .witness("point that is not higher added", point.seq())
                    .says("Point " + Long.toUnsignedString(point.point()) + " is added to sync object " + object.id()
                            + " behind point " + Long.toUnsignedString(object.point()) + ".");
        }
    }
}
