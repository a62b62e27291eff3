package dev.fenceline.cli;

import dev.fenceline.analytics.rule.RuleCard;
import dev.fenceline.analytics.rule.RuleCatalogue;
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
        List<RuleCard> cards = RuleCatalogue.all().cards();
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
        RuleCard card = cards.stream()
                .filter(c -> c.id().equals(rule) || c.name().equals(rule))
                .findFirst()
                .orElseThrow(() -> UserError.badUse("there is no rule '" + rule + "'; fenceline rules lists them"));
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
        description.put("what_to_do", card.whatToDo());
        description.put("streams", card.streams().stream().map(Object::toString).toList());
        return description;
    }
}
