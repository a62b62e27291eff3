package dev.fenceline.cli;

import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rule.RuleCard;
import dev.fenceline.analytics.rule.RuleParameter;
import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.text.Nearest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The rules there are. */
@Command(
        name = "rules",
        description = "List the rules, or show one with its reasons.",
        footer = {"", "Example: fenceline rules A-F07"})
final class RulesCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions options = new CommonOptions();

    @Parameters(arity = "0..1", paramLabel = "RULE", description = "Show this rule, by id or name.")
    private @Nullable String rule;

    @Override
    public Integer call() {
        Output out = options.output();
        List<RuleCard> cards =
                RuleCatalogue.all().rules().stream().map(Rule::card).toList();
        if (rule == null) {
            if (out.json()) {
                out.json(cards.stream().map(RulesCommand::describe).toList());
            } else {
                out.table(
                        List.of("id", "name", "severity", "statement"),
                        cards.stream()
                                .map(card -> List.of(card.id(), card.name(), card.severity(), card.statement()))
                                .toList());
            }
            return ExitCode.FINE;
        }
        Rule found = RuleCatalogue.all().rule(rule);
        if (found == null) {
            throw UserError.badUse("there is no rule '" + rule + "'"
                    + Nearest.suggestion(rule, RuleCatalogue.all().ids()));
        }
        RuleCard card = found.card();
        if (out.json()) {
            out.json(describe(card));
        } else {
            describe(card).forEach((key, value) -> out.say(key + ": " + value));
        }
        return ExitCode.FINE;
    }

    private static Map<String, Object> describe(RuleCard card) {
        Map<String, Object> description = new LinkedHashMap<>();
        description.put("id", card.id());
        description.put("name", card.name());
        description.put("severity", card.severity().name());
        description.put("statement", card.statement());
        description.put("why", card.why());
        description.put("source", card.source());
        description.put("what_to_do", card.advice());
        description.put("streams", card.needs().stream().map(Stream::streamName).toList());
        description.put(
                "parameters",
                card.parameters().stream().map(RulesCommand::describe).toList());
        return description;
    }

    private static String describe(RuleParameter parameter) {
        return parameter.name() + " = " + parameter.value() + " (" + parameter.origin() + ")";
    }
}
