package dev.fenceline.analytics.rule;

import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Severity;
import java.util.List;
import java.util.Set;

/**
 * What a rule owes its reader.
 *
 * @param id the id in the reference chapters, stable for ever, such as {@code A-T01}
 * @param name the rule as a kebab-case sentence, stable for ever
 * @param severity how bad a violation is, unless the finding says otherwise for a variant
 * @param statement the invariant, one sentence
 * @param why what goes wrong when it is broken
 * @param source the kernel file and function, or the mailing-list thread, that says so
 * @param advice what to look at or change
 * @param needs the streams that a recording must hold completely for the rule to judge it, in the order of the contract
 * @param parameters the bounds it judges by
 */
public record RuleCard(
        String id,
        String name,
        Severity severity,
        String statement,
        String why,
        String source,
        String advice,
        Set<Stream> needs,
        List<RuleParameter> parameters) {}
