package dev.fenceline.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.event.Annotation;
import dev.fenceline.event.Event;
import dev.fenceline.simulator.driver.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ScenarioTest {
    private static final int SEEDS = 20;
    private static final int SEEDS_OF_EACH_DRIVER = 3;

    static Stream<Arguments> scenariosAndSeeds() {
        return Stream.concat(Scenarios.all().stream(), Scenarios.quiet().stream())
                .flatMap(scenario -> scenario.variants().stream()
                        .flatMap(variant -> LongStream.rangeClosed(1, SEEDS_OF_EACH_DRIVER)
                                .mapToObj(seed -> Arguments.of(scenario.name(), variant, seed))));
    }

    static Stream<Arguments> faultsAndSeeds() {
        return Faults.all().stream()
                .filter(fault -> Audit.RULES.contains(fault.rule()))
                .flatMap(fault -> fault.scenarios().stream()
                        .flatMap(scenario -> LongStream.rangeClosed(1, SEEDS)
                                .mapToObj(seed -> Arguments.of(scenario, seed, fault.name()))));
    }

    private static Scenario scenario(String name) {
        return Objects.requireNonNull(Scenarios.named(name), name);
    }

    @ParameterizedTest(name = "{0} --driver ''{1}'' --seed {2}")
    @MethodSource("scenariosAndSeeds")
    void aScenarioBreaksWhatItSaysAndNothingElse(String name, Variant variant, long seed) {
        Audit audit = new Audit();
        Simulation.Ended ended = Simulation.of(scenario(name), seed, List.of(), Limits.none(), variant)
                .run(audit::take);

        assertThat(audit.findings())
                .containsExactlyInAnyOrderElementsOf(scenario(name).expectedVerdicts().stream()
                        .filter(Audit.RULES::contains)
                        .toList());
        assertThat(ended.deadlocks()).isEmpty();
        assertThat(ended.events()).isBetween(1_000L, 200_000L);
    }

    @ParameterizedTest(name = "{0} --seed {1} --fault {2}")
    @MethodSource("faultsAndSeeds")
    void aFaultBreaksItsRuleAndNoneButWhatFollows(String name, long seed, String faultName) {
        Fault fault = Objects.requireNonNull(Faults.named(faultName), faultName);
        Audit audit = new Audit();
        List<Event> events = new ArrayList<>();
        Simulation.of(scenario(name), seed, List.of(fault), Limits.none()).run(event -> {
            events.add(event);
            audit.take(event);
        });

        // What follows from a fault may depend on chance: who gets the page next.
        List<String> expected = new ArrayList<>(List.of(fault.rule()));
        expected.addAll(fault.alsoExpected());
        assertThat(audit.findings()).contains(fault.rule()).isSubsetOf(expected);
        assertThat(events.stream().filter(Annotation.class::isInstance).map(Annotation.class::cast))
                .isNotEmpty()
                .hasSizeLessThanOrEqualTo(fault.deviation().strikes())
                .allSatisfy(annotation -> {
                    assertThat(annotation.kind()).isEqualTo("fault");
                    assertThat(annotation.text()).isEqualTo(faultName);
                    assertThat(annotation.aboutSeq()).isEqualTo(annotation.seq() + 1);
                });
    }

    @Test
    void namesAreKebabCaseAndUnique() {
        assertThat(Scenarios.all())
                .extracting(Scenario::name)
                .doesNotHaveDuplicates()
                .allMatch(this::isKebabCase);
        assertThat(Faults.all()).extracting(Fault::name).doesNotHaveDuplicates().allMatch(this::isKebabCase);
    }

    private boolean isKebabCase(String name) {
        return name.matches("[a-z0-9]+(-[a-z0-9]+)*");
    }

    @Test
    void catalogueFindsByName() {
        assertThat(Scenarios.named("compositor")).isSameAs(Scenarios.COMPOSITOR);
        assertThat(Scenarios.named("compositor-quiet")).isNotNull().matches(Scenario::isQuiet);
        assertThat(Scenarios.named("nothing")).isNull();
        assertThat(Faults.named("nothing")).isNull();
    }

    @Test
    void faultsAreOnlyForScenariosThatAreNotQuiet() {
        assertThat(Faults.all())
                .allSatisfy(fault -> assertThat(fault.scenarios())
                        .isNotEmpty()
                        .allSatisfy(name -> assertThat(scenario(name).isQuiet()).isFalse()));
    }

    /** Nothing is retained for the dead: a long run needs no more live memory than its cast. */
    @Test
    void runsLongWithoutTrouble() {
        Simulation.Ended ended = Simulation.of(Scenarios.COMPOSITOR, 1, List.of(), Limits.events(300_000))
                .run(event -> {});

        assertThat(ended.events()).isEqualTo(300_000);
        assertThat(ended.deadlocks()).isEmpty();
    }
}
