package dev.fenceline.analytics.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.event.Event;
import dev.fenceline.event.Outcome;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Source;
import dev.fenceline.event.TraceLost;
import dev.fenceline.event.Verdict;
import dev.fenceline.simulator.Scenarios;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules over what the simulator does: silent on clean runs, and on faulty ones only where a rule is broken. */
class ScenarioTest {
    private static final int SEEDS = 3;
    private static final int MANY_SEEDS = 200;

    /** Of the runs that lose some: enough for every story to get going. */
    private static final int LOSSY_EVENTS = 8_000;

    static Stream<SimulatedRun> cleanRuns() {
        return Stream.concat(SimulatedRun.clean(Scenarios.all(), SEEDS), SimulatedRun.clean(Scenarios.quiet(), SEEDS));
    }

    static Stream<SimulatedRun> manyCleanRuns() {
        return SimulatedRun.clean(Scenarios.all(), MANY_SEEDS).filter(run -> run.seed() > SEEDS);
    }

    static Stream<SimulatedRun> firstRuns() {
        return Stream.concat(firstCleanRuns(), SimulatedRun.faulty(1));
    }

    static Stream<SimulatedRun> firstCleanRuns() {
        return Scenarios.all().stream()
                .map(scenario -> new SimulatedRun(scenario, scenario.variants().get(0), 1, List.of()));
    }

    @ParameterizedTest
    @MethodSource("cleanRuns")
    void aRunBreaksWhatItsScenarioSaysAndLeavesNoneUndecidedWhoseStreamsItHolds(SimulatedRun run) {
        List<Event> events = run.events();
        List<Event> out = SimulatedRun.check(events);
        List<String> expected = run.scenario().expectedVerdicts();
        assertThat(SimulatedRun.brokenRules(out)).containsExactlyInAnyOrderElementsOf(expected);
        List<String> streams = Objects.requireNonNull(((SessionStart) events.get(0)).streams());
        assertThat(out.stream()
                        .filter(Verdict.class::isInstance)
                        .map(Verdict.class::cast)
                        .filter(verdict ->
                                streams.containsAll(streamsOf(verdict)) && !expected.contains(verdict.rule())))
                .isNotEmpty()
                .allSatisfy(verdict -> assertThat(verdict.outcome()).isIn(Outcome.HELD, Outcome.OPEN));
    }

    private static List<String> streamsOf(Verdict verdict) {
        String id = Objects.requireNonNull(verdict.rule());
        return Objects.requireNonNull(RuleCatalogue.all().rule(id)).card().needs().stream()
                .map(dev.fenceline.analytics.state.Stream::streamName)
                .toList();
    }

    @Tag("long")
    @ParameterizedTest
    @MethodSource("manyCleanRuns")
    void aRunBreaksWhatItsScenarioSaysWhateverTheSeed(SimulatedRun run) {
        assertThat(run.brokenRules())
                .containsExactlyInAnyOrderElementsOf(run.scenario().expectedVerdicts());
    }

    @ParameterizedTest
    @MethodSource("firstRuns")
    void aCheckGoesOnFromASnapshotAtAnyPoint(SimulatedRun run) throws IOException {
        List<Event> events = run.events();
        List<Event> expected = SimulatedRun.check(events);
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
            restored.finish(out::add);
            assertThat(out).as("snapshot before event %d", at).isEqualTo(expected);
        }
    }

    static Stream<SimulatedRun> lossyRuns() {
        return SimulatedRun.clean(Scenarios.all(), 1);
    }

    static Stream<SimulatedRun> manyLossyRuns() {
        return SimulatedRun.clean(Scenarios.all(), 5);
    }

    @ParameterizedTest
    @MethodSource("lossyRuns")
    void lostEventsAreHeldAgainstNobody(SimulatedRun run) {
        lose(run, 5);
    }

    @Tag("long")
    @ParameterizedTest
    @MethodSource("manyLossyRuns")
    void lostEventsAreHeldAgainstNobodyWhereverTheyAre(SimulatedRun run) {
        lose(run, 100);
    }

    /** Loses one event or a bufferful of them, and says so; only what the whole recording shows may be reported. */
    private static void lose(SimulatedRun run, int times) {
        List<Event> events = run.events(LOSSY_EVENTS);
        Set<String> shown = SimulatedRun.brokenRules(SimulatedRun.check(events));
        SplittableRandom chance = new SplittableRandom(run.seed());
        for (int i = 0; i < times; i++) {
            int from = chance.nextInt(1, events.size() - 1);
            int to = Math.min(from + (chance.nextInt(2) == 0 ? 1 : chance.nextInt(1, 250)), events.size());
            Event last = events.get(to - 1);
            List<Event> lossy = new ArrayList<>(events.subList(0, from));
            lossy.add(TraceLost.builder().count(to - from).build(last.seq(), last.ts(), 0, 0, 0, Source.FTRACE));
            lossy.addAll(events.subList(to, events.size()));
            assertThat(SimulatedRun.brokenRules(SimulatedRun.check(lossy)))
                    .as("without %d to %d", events.get(from).seq(), last.seq())
                    .isSubsetOf(shown);
        }
    }

    @ParameterizedTest
    @MethodSource("firstCleanRuns")
    void aMissingEventIsNeverTakenForAViolation(SimulatedRun run) {
        List<Event> events = run.events();
        SplittableRandom chance = new SplittableRandom(run.seed());
        for (int i = 0; i < 50; i++) {
            List<Event> holed = new ArrayList<>(events);
            int missing = chance.nextInt(holed.size());
            holed.remove(missing);
            assertThat(SimulatedRun.brokenRules(SimulatedRun.check(holed)))
                    .as("without event %d", missing)
                    .isSubsetOf(run.scenario().expectedVerdicts());
        }
    }
}
