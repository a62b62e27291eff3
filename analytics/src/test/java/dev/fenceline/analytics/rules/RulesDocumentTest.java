package dev.fenceline.analytics.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rule.RuleCard;
import dev.fenceline.analytics.rule.RuleParameter;
import dev.fenceline.analytics.rules.RuleTraces.RuleTrace;
import dev.fenceline.analytics.state.Stream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code RULES.md} is written from the cards and the traces; {@code -Drules.update=true} writes it anew. */
class RulesDocumentTest {
    private static final Path DOCUMENT = Path.of("RULES.md");

    @Test
    void theDocumentSaysWhatTheRulesSay() throws IOException {
        String current = document();
        if (Boolean.getBoolean("rules.update")) {
            Files.writeString(DOCUMENT, current);
        }
        assertThat(Files.readString(DOCUMENT))
                .as("RULES.md is out of date: run this test with -Drules.update=true and review the difference")
                .isEqualTo(current);
    }

    private static String document() {
        List<RuleTrace> traces = RuleTraces.all();
        StringBuilder text = new StringBuilder("""
                # The rules

                <!-- Written by RulesDocumentTest from the cards of the rules and the traces of their tests. Do not edit:
                     change the card, then run the test with -Drules.update=true. -->

                A rule judges a session only if the recording holds the streams it needs completely. Its verdict is one of
                VIOLATED (with a witness: the events that prove it), OPEN (an obligation was not yet due at the end), HELD,
                INCONCLUSIVE (with the reason: a stream is missing, events were lost, a relation is unknown, the end is
                missing) or CORRUPT (the recording contradicts itself).

                """);
        text.append("| id | name | severity | streams |\n|---|---|---|---|\n");
        for (Rule rule : RuleCatalogue.all().rules()) {
            RuleCard card = rule.card();
            text.append("| [%s](#%s) | %s | %s | %s |%n"
                    .formatted(card.id(), card.name(), card.name(), card.severity(), streams(card)));
        }
        for (Rule rule : RuleCatalogue.all().rules()) {
            describe(rule.card(), traces, text);
        }
        text.append("""

                # The checker of the checker

                R01 to R04 are about recordings and not about the kernel, so no verdict carries their id: they are properties of all
                rules together, and `IntegrityTest` holds every rule to them on the traces of every other. Below each stands a
                recording that misleads a checker without the property, on which all rules are silent, and one that looks like it and in
                which something is wrong.
                """);
        for (Integrity property : Integrity.values()) {
            describe(property, traces, text);
        }
        return text.toString().replace("\r\n", "\n");
    }

    private static void describe(RuleCard card, List<RuleTrace> traces, StringBuilder text) {
        text.append("%n<a id=\"%s\"></a>%n## %s: %s%n%n%s%n%n"
                .formatted(card.name(), card.id(), card.name(), card.statement()));
        text.append("- **Severity** %s; **streams** %s%n".formatted(card.severity(), streams(card)));
        text.append("- **Why** %s%n".formatted(card.why()));
        text.append("- **Source** %s%n".formatted(card.source()));
        text.append("- **What to do** %s%n".formatted(card.advice()));
        for (RuleParameter parameter : card.parameters()) {
            text.append("- **Parameter** `%s` = %s: %s%n"
                    .formatted(parameter.name(), parameter.value(), parameter.origin()));
        }
        example("Broken", card.id(), traces, true, text);
        example("Legal, although it looks similar", card.id(), traces, false, text);
    }

    private static void describe(Integrity property, List<RuleTrace> traces, StringBuilder text) {
        text.append("%n<a id=\"%s\"></a>%n## %s: %s%n%n%s%n%n"
                .formatted(property.ruleName(), property.name(), property.ruleName(), property.statement()));
        text.append("- **Severity** INTEGRITY%n- **Source** %s%n- **Guarded by** `IntegrityTest.%s`%n"
                .formatted(property.source(), property.guard()));
        example("Misleading", property.name(), traces, false, text);
        example("Broken, although it looks similar", property.name(), traces, true, text);
    }

    private static void example(String title, String id, List<RuleTrace> traces, boolean breaks, StringBuilder text) {
        List<RuleTrace> ofKind = traces.stream()
                .filter(trace -> trace.rule().equals(id) && trace.breaks() == breaks)
                .toList();
        // One that says in words what happens, if there is one.
        RuleTrace shown =
                ofKind.stream().filter(RulesDocumentTest::isTold).findFirst().orElse(ofKind.get(0));
        text.append("%n%s (`%s`):%n```%n%s```%n".formatted(title, shown.name(), shown.text()));
    }

    /** Whether a comment of the trace is a sentence and no header. */
    private static boolean isTold(RuleTrace trace) {
        return trace.text().lines().anyMatch(line -> line.matches("# (?!(streams|driver|given) ).*"));
    }

    private static String streams(RuleCard card) {
        return card.needs().stream().map(Stream::streamName).collect(Collectors.joining(" "));
    }
}
