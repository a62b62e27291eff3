package dev.fenceline.simulator;

import java.util.List;

/**
 * A story that can be told with any seed: data, not a procedure.
 *
 * @param name kebab-case, stable for ever
 * @param story what happens, in prose
 * @param actors who takes part, in the order in which they enter
 * @param adversity what makes life hard in it, without anything being wrong
 * @param durationNs how long it takes unless told otherwise, in virtual ns
 * @param finiteTimeNs the bound that the recording sets for what the kernel promises "in reasonable time", in ns
 * @param expectedVerdicts the rules violated when no fault is injected; a clean scenario has none
 */
public record Scenario(
        String name,
        String story,
        List<Actor> actors,
        String adversity,
        long durationNs,
        long finiteTimeNs,
        List<String> expectedVerdicts) {

    /** Keeps copies of the lists. */
    public Scenario {
        actors = List.copyOf(actors);
        expectedVerdicts = List.copyOf(expectedVerdicts);
    }
}
