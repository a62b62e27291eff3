package dev.fenceline.analytics.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
import dev.fenceline.event.Outcome;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Verdict;
import dev.fenceline.simulator.Fault;
import dev.fenceline.simulator.Faults;
import dev.fenceline.simulator.Limits;
import dev.fenceline.simulator.Scenario;
import dev.fenceline.simulator.Scenarios;
import dev.fenceline.simulator.Simulation;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules over what the simulator does: silent on clean runs, and on faulty ones only where a rule is broken. */
class ScenarioTest {
    private static final int SEEDS = 20;

    /** One simulation, named as the command line would. */
    record Run(Scenario scenario, long seed, List<Fault> faults) {
        List<Event> events() {
            List<Event> events = new ArrayList<>();
            Simulation.of(scenario, seed, faults, Limits.none()).run(events::add);
            return events;
        }

        @Override
        public String toString() {
            StringBuilder name =
                    new StringBuilder(scenario.name()).append(" --seed ").append(seed);
            faults.forEach(fault -> name.append(" --fault ").append(fault.name()));
            return name.toString();
        }
    }

    static Stream<Run> cleanRuns() {
        return Scenarios.all().stream()
                .flatMap(scenario ->
                        LongStream.rangeClosed(1, SEEDS).mapToObj(seed -> new Run(scenario, seed, List.of())));
    }

    static Stream<Run> faultyRuns() {
        return Faults.all().stream()
                .filter(fault -> RuleCatalogue.all().rule(fault.rule()) != null)
                .flatMap(fault -> fault.scenarios().stream()
                        .map(Scenarios::named)
                        .map(Objects::requireNonNull)
                        .flatMap(scenario -> LongStream.rangeClosed(1, SEEDS)
                                .mapToObj(seed -> new Run(scenario, seed, List.of(fault)))));
    }

    static Stream<Run> firstRuns() {
        return Stream.concat(cleanRuns(), faultyRuns()).filter(run -> run.seed() == 1);
    }

    static Stream<Run> firstCleanRuns() {
        return cleanRuns().filter(run -> run.seed() == 1);
    }

    private static List<Event> check(List<Event> events) {
        List<Event> out = new ArrayList<>();
        SessionCheck check = new SessionCheck(RuleCatalogue.all());
        events.forEach(event -> check.apply(event, out::add));
        check.finish(out::add);
        return out;
    }

    private static Set<String> brokenRules(List<Event> out) {
        Set<String> rules = new TreeSet<>();
        for (Event event : out) {
            if (event instanceof Alert alert) {
                rules.add(Objects.requireNonNull(alert.rule()));
            }
        }
        return rules;
    }

    @ParameterizedTest
    @MethodSource("cleanRuns")
    void aCleanRunBreaksNoRuleAndLeavesNoneUndecidedWhoseStreamsItHolds(Run run) {
        List<Event> events = run.events();
        List<Event> out = check(events);
        assertThat(brokenRules(out)).isEmpty();
        List<String> streams = Objects.requireNonNull(((SessionStart) events.get(0)).streams());
        assertThat(out.stream()
                        .filter(Verdict.class::isInstance)
                        .map(Verdict.class::cast)
                        .filter(verdict -> streams.containsAll(streamsOf(verdict))))
                .isNotEmpty()
                .allSatisfy(verdict -> assertThat(verdict.outcome()).isIn(Outcome.HELD, Outcome.OPEN));
    }

    private static List<String> streamsOf(Verdict verdict) {
        String id = Objects.requireNonNull(verdict.rule());
        return Objects.requireNonNull(RuleCatalogue.all().rule(id)).card().needs().stream()
                .map(dev.fenceline.analytics.state.Stream::streamName)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("faultyRuns")
    void aFaultBreaksItsRuleAndNoOthersThanExpected(Run run) {
        Fault fault = run.faults().get(0);
        Set<String> broken = brokenRules(check(run.events()));
        assertThat(broken).contains(fault.rule());
        Set<String> expected = new TreeSet<>(fault.alsoExpected());
        expected.add(fault.rule());
        assertThat(broken).isSubsetOf(expected);
    }

    @ParameterizedTest
    @MethodSource("firstRuns")
    void aCheckGoesOnFromASnapshotAtAnyPoint(Run run) throws IOException {
        List<Event> events = run.events();
        List<Event> expected = check(events);
        SplittableRandom chance = new SplittableRandom(run.seed());
        for (int i = 0; i < 5; i++) {
            int at = chance.nextInt(events.size());
            List<Event> out = new ArrayList<>();
            SessionCheck check = new SessionCheck(RuleCatalogue.all());
            events.subList(0, at).forEach(event -> check.apply(event, out::add));
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            check.snapshot(new DataOutputStream(bytes));
            SessionCheck restored = SessionCheck.restore(
                    new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())), RuleCatalogue.all());
            ByteArrayOutputStream again = new ByteArrayOutputStream();
            restored.snapshot(new DataOutputStream(again));
            assertThat(again.toByteArray()).isEqualTo(bytes.toByteArray());
            events.subList(at, events.size()).forEach(event -> restored.apply(event, out::add));
            assertThat(out).as("snapshot before event %d", at).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @MethodSource("firstCleanRuns")
    void aMissingEventIsNeverTakenForAViolation(Run run) {
        List<Event> events = run.events();
        SplittableRandom chance = new SplittableRandom(run.seed());
        for (int i = 0; i < 50; i++) {
            List<Event> holed = new ArrayList<>(events);
            int missing = chance.nextInt(holed.size());
            holed.remove(missing);
            assertThat(brokenRules(check(holed)))
                    .as("without event %d", missing)
                    .isEmpty();
        }
    }
}
