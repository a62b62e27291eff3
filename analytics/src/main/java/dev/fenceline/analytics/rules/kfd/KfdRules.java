package dev.fenceline.analytics.rules.kfd;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** The KFD: K01 and K02. */
public final class KfdRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(KfdDebuggerTracesTarget.RULE, KfdFileServesItsOpener.RULE);

    private KfdRules() {}
}
