package dev.fenceline.analytics.rules.sync;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** sync_file, drm_syncobj and fence containers: A-Y01 to A-Y06. */
public final class SyncRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(
            SyncFileKeepsItsFence.RULE,
            WaitForSubmitHoldsNothing.RULE,
            TimelinePointsIncrease.RULE,
            ContainersNestOneWay.RULE,
            ContainerSignalsLast.RULE,
            QueuedJobDependsOnFences.RULE);

    private SyncRules() {}
}
