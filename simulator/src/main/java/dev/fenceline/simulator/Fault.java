package dev.fenceline.simulator;

import dev.fenceline.simulator.kernel.Deviation;
import java.util.List;

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

    /** Kebab-case, says what goes wrong. */
    public String name() {
        return deviation.name();
    }
}
