package dev.fenceline.analytics.rules.info;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** What one client may learn of another's memory: A-X01 to A-X04. */
public final class InformationRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(
            VramIsClearedBetweenClients.RULE,
            SystemPagesReachUsersClean.RULE,
            CpuMapsVisibleVramOnly.RULE,
            ClientsUseWhatTheyHold.RULE);

    private InformationRules() {}
}
