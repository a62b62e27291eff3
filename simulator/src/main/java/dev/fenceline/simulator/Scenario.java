package dev.fenceline.simulator;

import dev.fenceline.event.NotifierModel;
import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A story that can be told with any seed: data, not a procedure.
 *
 * @param name kebab-case, stable for ever
 * @param story what happens, in prose
 * @param actors who takes part, in the order in which they enter
 * @param adversity what makes life hard in it, without anything being wrong
 * @param conditions the same in numbers
 * @param variants the drivers that it can run on, the usual one first
 * @param companions the drivers of the GPUs beside the first, which may be any of the variants; of the same release of Linux
 * @param durationNs how long it takes unless told otherwise, in virtual ns
 * @param finiteTimeNs the bound that the recording sets for what the kernel promises "in reasonable time", in ns
 * @param notifierModel what MMU notifiers do to userptr memory, where that is not what the driver usually does; null where it is
 * @param expectedVerdicts the rules violated when no fault is injected; a clean scenario has none
 */
public record Scenario(
        String name,
        String story,
        List<Actor> actors,
        String adversity,
        Conditions conditions,
        List<Variant> variants,
        List<String> companions,
        long durationNs,
        long finiteTimeNs,
        @Nullable NotifierModel notifierModel,
        List<String> expectedVerdicts) {

    private static final String QUIET = "-quiet";

    /** Keeps copies of the lists; refuses a scenario that no driver can run. */
    public Scenario {
        actors = List.copyOf(actors);
        variants = List.copyOf(variants);
        companions = List.copyOf(companions);
        expectedVerdicts = List.copyOf(expectedVerdicts);
        if (variants.isEmpty()) {
            throw new IllegalArgumentException(name + " runs on no driver");
        }
    }

    /** The quiet twin: the same actors on a host without the adversity. It is no place for faults, and nothing is expected of it. */
    public Scenario quiet() {
        return new Scenario(
                name + QUIET,
                "The same actors as in " + name + ", and nothing that makes life hard for them.\n" + story,
                actors,
                "none",
                conditions.quiet(),
                variants,
                companions,
                durationNs,
                finiteTimeNs,
                notifierModel,
                List.of());
    }

    /** Whether it is a quiet twin. */
    public boolean isQuiet() {
        return name.endsWith(QUIET);
    }

    /** Whether a workload of it grows with a scale. */
    public boolean isScalable() {
        return conditions.scale() > 0;
    }

    /**
     * The drivers of all GPUs if the first has {@code variant}.
     *
     * @throws IllegalArgumentException if the scenario does not run on it
     */
    public List<Variant> devices(Variant variant) {
        if (!variants.contains(variant)) {
            throw new IllegalArgumentException(name + " does not run on " + variant);
        }
        List<Variant> devices = new ArrayList<>(1 + companions.size());
        devices.add(variant);
        for (String companion : companions) {
            Variant beside = variant.beside(companion);
            if (beside == null) {
                throw new IllegalArgumentException("there is no " + companion + " of Linux " + variant.kernel());
            }
            devices.add(beside);
        }
        return List.copyOf(devices);
    }
}
