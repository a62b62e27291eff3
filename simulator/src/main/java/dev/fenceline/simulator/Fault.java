package dev.fenceline.simulator;

import dev.fenceline.simulator.kernel.Deviation;
import java.util.List;
import java.util.stream.Stream;

/**
 * A named, minimal deviation of one code path from what the kernel promises. Each time it strikes, an
 * {@code annotation} of kind {@code fault} says about which event.
 *
 * @param deviation where the code path deviates; carries the name
 * @param rule the id of the rule it breaks
 * @param statement what the path does wrong
 * @param scenarios the names of the scenarios in which it shows
 * @param alsoExpected the ids of rules that rightly fire as a consequence
 */
public record Fault(
        Deviation deviation, String rule, String statement, List<String> scenarios, List<String> alsoExpected) {

    /** Keeps copies of the lists. */
    public Fault {
        scenarios = List.copyOf(scenarios);
        alsoExpected = List.copyOf(alsoExpected);
    }

    /** A fault that breaks one rule and, by itself, no other. */
    static Fault of(Deviation deviation, String rule, String statement, Scenario... shownIn) {
        return new Fault(
                deviation,
                rule,
                statement,
                Stream.of(shownIn).map(Scenario::name).toList(),
                List.of());
    }

    /** The same fault, of which other rules rightly tell too. */
    Fault alsoBreaks(String... rules) {
        return new Fault(deviation, rule, statement, scenarios, List.of(rules));
    }

    /** Kebab-case, says what goes wrong. */
    public String name() {
        return deviation.name();
    }
}
