package dev.fenceline.analytics.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.analytics.check.SessionCheck;
import dev.fenceline.analytics.rules.RuleTraces.RuleTrace;
import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import dev.fenceline.event.Outcome;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Verdict;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RulePropertiesTest {
    private static final int SEEDS = 40;
    private static final int FAR = 1_000_000;

    static List<RuleTrace> traces() {
        return RuleTraces.all();
    }

    static List<RuleTrace> legalTraces() {
        return traces().stream().filter(trace -> !trace.breaks()).toList();
    }

    /** The legal traces but for those that are about what a fragment leaves out. */
    static List<RuleTrace> legalStories() {
        return legalTraces().stream()
                .filter(trace -> !trace.name().contains("first-mention")
                        && !trace.name().contains("share-0-0")
                        && !trace.name().contains("loss"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("legalStories")
    void noEventMissingFromALegalRecordingGivesAViolation(RuleTrace file) {
        List<Event> whole = WholeRecordings.of(file);
        assertThat(RuleTraces.alerts(whole)).isEmpty();
        for (int missing = 0; missing < whole.size(); missing++) {
            List<Event> holed = new ArrayList<>(whole);
            holed.remove(missing);
            List<Event> out = RuleTraces.check(holed);
            assertThat(out).as("without event %d", missing).noneMatch(Alert.class::isInstance);
            assertThat(out.stream().filter(Verdict.class::isInstance).map(e -> ((Verdict) e).outcome()))
                    .as("without event %d", missing)
                    .isSubsetOf(Outcome.INCONCLUSIVE, Outcome.CORRUPT, Outcome.OPEN);
        }
    }

    @ParameterizedTest
    @MethodSource("traces")
    void aSnapshotAnywhereChangesNothing(RuleTrace file) throws IOException {
        List<Event> events = file.trace().events();
        List<Event> expected = RuleTraces.check(events);
        for (int at = 0; at <= events.size(); at++) {
            List<Event> out = new ArrayList<>();
            SessionCheck check = new SessionCheck(RuleCatalogue.all());
            for (Event event : events.subList(0, at)) {
                check.apply(event, out::add);
            }
            byte[] bytes = bytes(check);
            SessionCheck restored = restore(bytes);
            assertThat(bytes(restored)).as("after %d events", at).isEqualTo(bytes);
            for (Event event : events.subList(at, events.size())) {
                restored.apply(event, out::add);
                check.apply(event, e -> {});
                assertThat(bytes(restored)).as("snapshot after %d events", at).isEqualTo(bytes(check));
            }
            restored.finish(out::add);
            assertThat(out).as("snapshot after %d events", at).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @MethodSource("traces")
    void strangersInBetweenChangeNothing(RuleTrace file) throws IOException {
        List<Event> story = file.trace().events();
        List<Alert> expected = RuleTraces.alerts(story);
        for (RuleTrace stranger : strangersOf(file)) {
            for (int seed = 0; seed < SEEDS; seed++) {
                checkInterleaved(file, stranger, expected, seed);
            }
        }
    }

    /**
     * Renamed legal traces of the same rule and of the one before it, on the same ground. Traces about time stay out: a
     * stranger lives in the time of the story, where what is in time in its own may be late.
     */
    private static List<RuleTrace> strangersOf(RuleTrace file) {
        SessionStart ground = (SessionStart) file.trace().events().get(0);
        List<RuleTrace> same = legalStories().stream()
                .filter(legal -> isSameGround(
                        ground, (SessionStart) legal.trace().events().get(0)))
                .filter(legal -> !legal.rule().equals("A-F07"))
                .toList();
        List<RuleTrace> strangers = new ArrayList<>();
        same.stream().filter(legal -> legal.rule().equals(file.rule())).limit(2).forEach(strangers::add);
        same.stream()
                .filter(legal -> !legal.rule().equals(file.rule()))
                .limit(1)
                .forEach(strangers::add);
        return strangers;
    }

    private static boolean isSameGround(SessionStart ground, SessionStart other) {
        return Objects.equals(ground.driver(), other.driver())
                && Objects.equals(ground.kernel(), other.kernel())
                && ground.debugAbi() == other.debugAbi()
                && ground.notifierModel() == other.notifierModel()
                && Objects.equals(ground.streams(), other.streams());
    }

    private static void checkInterleaved(RuleTrace file, RuleTrace stranger, List<Alert> expected, int seed)
            throws IOException {
        List<Event> mine = file.trace().events();
        List<Event> others = stranger.trace().events();
        SplittableRandom chance = new SplittableRandom(seed);
        List<Event> mixed = new ArrayList<>();
        List<Long> place = new ArrayList<>();
        int i = 1;
        int j = 1;
        long seq = 1;
        while (i < mine.size() || j < others.size()) {
            boolean takeMine = j == others.size() || (i < mine.size() && chance.nextBoolean());
            if (takeMine) {
                place.add(seq);
                mixed.add(Renumbered.at(mine.get(i), seq, mine.get(i).ts()));
                i++;
            } else {
                // Strangers act at the time of the story: clocks are shared.
                long now = mixed.isEmpty() ? 0 : mixed.get(mixed.size() - 1).ts();
                Event other = others.get(j++);
                if (!isAboutTime(other)) {
                    mixed.add(Renumbered.renamed(other, seq, now, FAR));
                } else {
                    continue;
                }
            }
            seq++;
        }
        SessionStart ground = (SessionStart) mine.get(0);
        SessionStart theirs = (SessionStart) others.get(0);
        mixed.add(0, Grounds.joined(ground, theirs, mixed, FAR));
        List<Alert> alerts = RuleTraces.alerts(mixed);
        assertThat(alerts.stream().map(a -> a.rule() + " " + a.witness()).toList())
                .as("%s, %s, seed %d", file, stranger, seed)
                .containsExactlyElementsOf(expected.stream()
                        .map(a -> a.rule() + " " + moved(Objects.requireNonNull(a.witness()), mine, place))
                        .toList());
    }

    private static boolean isAboutTime(Event event) {
        return event.eventType() == dev.fenceline.event.EventType.CLOCK_TICK;
    }

    private static LongList moved(LongList witness, List<Event> mine, List<Long> place) {
        long first = mine.get(1).seq();
        long[] seqs = witness.toArray();
        for (int i = 0; i < seqs.length; i++) {
            seqs[i] = place.get((int) (seqs[i] - first));
        }
        return LongList.of(seqs);
    }

    private static byte[] bytes(SessionCheck check) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        check.snapshot(new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    private static SessionCheck restore(byte[] bytes) throws IOException {
        return SessionCheck.restore(new DataInputStream(new ByteArrayInputStream(bytes)), RuleCatalogue.all());
    }
}
