package dev.fenceline.analytics.rules;

import dev.fenceline.analytics.rule.Rule;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The rules that judge a session, in the order of their ids' chapters. */
public final class RuleCatalogue {
    private static final RuleCatalogue ALL = new RuleCatalogue(List.of(
            PinnedBoStaysPut.RULE,
            DeviceUsesLiveBackingStore.RULE,
            BoDestroyWaitsForFences.RULE,
            FenceSignalsOnce.RULE,
            SeqnosGrowInContext.RULE,
            PublishedFenceCompletes.RULE,
            UserptrPageIsUsedValidated.RULE,
            NotifierWaitsForOldWork.RULE,
            InvalidatedUserptrIsRebound.RULE,
            DebuggerMayTraceTarget.RULE,
            DebuggerOpensAnnouncedVm.RULE,
            BoAccessWaitsForMoves.RULE));

    private final List<Rule> rules;

    private RuleCatalogue(List<Rule> rules) {
        this.rules = rules;
    }

    /** All rules there are. */
    public static RuleCatalogue all() {
        return ALL;
    }

    /** The rules. */
    public List<Rule> rules() {
        return rules;
    }

    /** The rule of that id or name; null if there is none. */
    public @Nullable Rule rule(String idOrName) {
        for (Rule rule : rules) {
            if (rule.card().id().equals(idOrName) || rule.card().name().equals(idOrName)) {
                return rule;
            }
        }
        return null;
    }

    /**
     * This catalogue without some rules.
     *
     * @throws IllegalArgumentException if one of the ids is of no rule here
     */
    public RuleCatalogue without(String... ids) {
        Set<String> off = new LinkedHashSet<>(Arrays.asList(ids));
        for (String id : off) {
            if (rule(id) == null) {
                throw new IllegalArgumentException("there is no rule " + id);
            }
        }
        return new RuleCatalogue(rules.stream()
                .filter(rule -> !off.contains(rule.card().id()) && !off.contains(rule.card().name()))
                .toList());
    }
}
