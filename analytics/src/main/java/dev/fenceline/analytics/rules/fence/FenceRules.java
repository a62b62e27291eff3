package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** dma_fence: A-F01 to A-F17. */
public final class FenceRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL =
            List.of(FenceSignalsOnce.RULE, SeqnosGrowInContext.RULE, PublishedFenceCompletes.RULE);

    private FenceRules() {}
}
