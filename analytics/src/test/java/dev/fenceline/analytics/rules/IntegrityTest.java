package dev.fenceline.analytics.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.analytics.rules.RuleTraces.RuleTrace;
import dev.fenceline.event.Event;
import dev.fenceline.event.Outcome;
import dev.fenceline.event.Source;
import dev.fenceline.event.TraceLost;
import dev.fenceline.event.Verdict;
import dev.fenceline.text.TraceReader;
import java.io.IOException;
import java.io.StringReader;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** R01 to R04, the checker of the checker: what no rule may do with a recording, shown on the traces of all of them. */
class IntegrityTest {
    private static final Pattern CREATION =
            Pattern.compile("(?m)^(\\d+ .*?\\b(?:bo_create|dma_fence_init)\\b)(?!.* raw=)");
    private static final Pattern FENCE = Pattern.compile("(?<![\\w:.])(\\d+):(\\d+)(?![\\w:.])");
    private static final Pattern CONTEXT = Pattern.compile("context=(\\d+)");

    static List<RuleTrace> traces() {
        return RuleTraces.all();
    }

    /** The two contexts of an entity follow each other, so those of jobs cannot be chosen. */
    static Stream<RuleTrace> tracesWithoutJobs() {
        return RuleTraces.all().stream().filter(trace -> !trace.text().contains(" sched_"));
    }

    static Stream<RuleTrace> nonPairs() {
        return RuleTraces.all().stream().filter(trace -> trace.rule().equals(Integrity.R04.name()) && !trace.breaks());
    }

    @ParameterizedTest
    @MethodSource("traces")
    void anyPointerMayBeThatOfAnyObject(RuleTrace file) throws IOException {
        String alike = CREATION.matcher(file.text()).replaceAll("$1 raw=0x12345678");
        assertThat(alerts(alike)).isEqualTo(alerts(file.text()));
    }

    @ParameterizedTest
    @MethodSource("tracesWithoutJobs")
    void contextsMayBeAlikeIn32Bits(RuleTrace file) throws IOException {
        Map<String, Long> contexts = new LinkedHashMap<>();
        String alike =
                FENCE.matcher(file.text()).replaceAll(found -> alike(contexts, found.group(1)) + ":" + found.group(2));
        alike = CONTEXT.matcher(alike).replaceAll(found -> "context=" + alike(contexts, found.group(1)));
        assertThat(alerts(alike)).isEqualTo(alerts(file.text()));
    }

    /** The n-th context becomes n times 2^32 plus one; 0 is that of the stubs. */
    private static long alike(Map<String, Long> contexts, String context) {
        long number = Long.parseLong(context);
        return number == 0 ? 0 : contexts.computeIfAbsent(context, unseen -> ((contexts.size() + 1L) << 32) + 1);
    }

    /** A legal recording of which any one event is lost, and says so. */
    @Test
    void whateverIsLostIsHeldAgainstNobody() {
        for (RuleTrace file : Interleaving.legalStories()) {
            List<Event> events = WholeRecordings.of(file);
            for (int at = 1; at < events.size(); at++) {
                Event gone = events.get(at);
                List<Event> lossy = new ArrayList<>(events);
                lossy.set(at, TraceLost.builder().count(1).build(gone.seq(), gone.ts(), 0, 0, 0, Source.FTRACE));
                List<Event> out = RuleTraces.check(lossy);
                assertThat(verdicts(out))
                        .as("%s without event %d", file, gone.seq())
                        .extracting(Verdict::outcome)
                        .isSubsetOf(Outcome.INCONCLUSIVE, Outcome.CORRUPT);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("nonPairs")
    void nobodyWaitsForTheEndOfANonPair(RuleTrace file) {
        List<Event> out = RuleTraces.check(file.trace().events());
        assertThat(verdicts(out)).extracting(Verdict::outcome).isSubsetOf(Outcome.HELD, Outcome.INCONCLUSIVE);
    }

    @ParameterizedTest
    @EnumSource(Integrity.class)
    void eachHasATraceThatMisleadsAndOneThatIsBroken(Integrity property) {
        List<RuleTrace> own = RuleTraces.all().stream()
                .filter(trace -> trace.rule().equals(property.name()))
                .toList();
        assertThat(own).anyMatch(RuleTrace::breaks).anyMatch(trace -> !trace.breaks());
        assertThat(IntegrityTest.class.getDeclaredMethods())
                .extracting(Method::getName)
                .contains(property.guard());
    }

    private static Stream<Verdict> verdicts(List<Event> out) {
        return out.stream().filter(Verdict.class::isInstance).map(Verdict.class::cast);
    }

    private static List<String> alerts(String text) throws IOException {
        return RuleTraces.alerts(
                        TraceReader.read("text", new StringReader(text)).get(0).events())
                .stream()
                .map(alert -> alert.rule() + " " + alert.witness())
                .toList();
    }
}
