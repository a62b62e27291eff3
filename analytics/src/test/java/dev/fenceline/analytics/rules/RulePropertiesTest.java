package dev.fenceline.analytics.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.analytics.check.SessionCheck;
import dev.fenceline.analytics.rules.RuleTraces.RuleTrace;
import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
import dev.fenceline.event.Outcome;
import dev.fenceline.event.Verdict;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RulePropertiesTest {
    private static final int SEEDS = 8;
    private static final int MANY_SEEDS = 40;

    static List<RuleTrace> traces() {
        return RuleTraces.all();
    }

    static List<RuleTrace> legalStories() {
        return Interleaving.legalStories();
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
        compareWithStrangers(file, 0, SEEDS);
    }

    @Tag("long")
    @ParameterizedTest
    @MethodSource("traces")
    void strangersInBetweenChangeNothingInWhateverOrder(RuleTrace file) throws IOException {
        compareWithStrangers(file, SEEDS, MANY_SEEDS);
    }

    private static void compareWithStrangers(RuleTrace file, int from, int to) throws IOException {
        List<Alert> expected = RuleTraces.alerts(file.trace().events());
        for (RuleTrace stranger : Interleaving.strangersOf(file)) {
            for (int seed = from; seed < to; seed++) {
                Interleaving mixed = Interleaving.of(file, stranger, seed);
                assertThat(RuleTraces.alerts(mixed.events()).stream()
                                .map(a -> a.rule() + " " + a.witness())
                                .toList())
                        .as(mixed.toString())
                        .containsExactlyElementsOf(expected.stream()
                                .map(a -> a.rule() + " " + mixed.moved(Objects.requireNonNull(a.witness())))
                                .toList());
            }
        }
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
