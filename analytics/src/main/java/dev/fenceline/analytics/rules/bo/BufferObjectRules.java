package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** Buffer objects of TTM: A-T01 to A-T16. */
public final class BufferObjectRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL =
            List.of(PinnedBoStaysPut.RULE, DeviceUsesLiveBackingStore.RULE, BoDestroyWaitsForFences.RULE);

    private BufferObjectRules() {}
}
