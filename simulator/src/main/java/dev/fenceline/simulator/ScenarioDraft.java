package dev.fenceline.simulator;

import dev.fenceline.event.NotifierModel;
import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A scenario as it is written down: what is not said is usual. */
final class ScenarioDraft {
    private static final long MS = 1_000_000;
    private static final long USUAL_NS = 500 * MS;
    private static final long FINITE_NS = 250 * MS;

    private final String name;
    private final String story;
    private final List<Actor> actors = new ArrayList<>();
    private String adversity = "none";
    private Conditions conditions = Conditions.AMPLE;
    private List<Variant> variants = List.of(Variant.XE_7_3, Variant.XE_6_12, Variant.AMDGPU_7_3, Variant.AMDGPU_6_12);
    private List<String> companions = List.of();
    private long durationNs = USUAL_NS;
    private long finiteNs = FINITE_NS;
    private @Nullable NotifierModel notifierModel;

    private ScenarioDraft(String name, String story) {
        this.name = name;
        this.story = story;
    }

    static ScenarioDraft named(String name, String story) {
        return new ScenarioDraft(name, story);
    }

    ScenarioDraft with(Actor... who) {
        actors.addAll(List.of(who));
        return this;
    }

    ScenarioDraft adversity(String inWords, Conditions inNumbers) {
        adversity = inWords;
        conditions = inNumbers;
        return this;
    }

    ScenarioDraft on(Variant... those) {
        variants = List.of(those);
        return this;
    }

    /** Runs with a GPU of another driver beside the first; only releases of Linux that the model knows both of are left. */
    ScenarioDraft beside(String driver) {
        companions = Stream.concat(companions.stream(), Stream.of(driver)).toList();
        variants = variants.stream()
                .filter(variant -> variant.beside(driver) != null)
                .toList();
        return this;
    }

    ScenarioDraft takesMs(long ms) {
        durationNs = ms * MS;
        return this;
    }

    /** The bound that the recording sets for what the kernel promises "in reasonable time". */
    ScenarioDraft finiteMs(long ms) {
        finiteNs = ms * MS;
        return this;
    }

    /** What MMU notifiers do in it, if not what they do in the driver usually. */
    ScenarioDraft notifiers(NotifierModel model) {
        notifierModel = model;
        return this;
    }

    Scenario clean() {
        return breaking();
    }

    /** What happens in it breaks these rules, each time, though every code path does what it should. */
    Scenario breaking(String... rules) {
        return new Scenario(
                name,
                story,
                actors,
                adversity,
                conditions,
                variants,
                companions,
                durationNs,
                finiteNs,
                notifierModel,
                List.of(rules));
    }
}
