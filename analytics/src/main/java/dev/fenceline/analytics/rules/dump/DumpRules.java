package dev.fenceline.analytics.rules.dump;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** Device core dumps: C01 and C02. */
public final class DumpRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(CaptureDoesNotBlock.RULE, OneDumpAtATime.RULE);

    private DumpRules() {}
}
