package dev.fenceline.analytics.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.analytics.rules.RuleTraces.RuleTrace;
import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
import dev.fenceline.event.Outcome;
import dev.fenceline.event.Verdict;
import dev.fenceline.text.Expectation;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RuleTraceTest {
    static List<RuleTrace> traces() {
        return RuleTraces.all();
    }

    static List<RuleTrace> legalTraces() {
        return traces().stream().filter(trace -> !trace.breaks()).toList();
    }

    @ParameterizedTest
    @MethodSource("traces")
    void eachTraceGetsTheVerdictsItStates(RuleTrace file) {
        List<Alert> alerts = RuleTraces.alerts(file.trace().events());
        assertThat(file.trace().expectations()).isNotEmpty();
        for (Expectation expectation : file.trace().expectations()) {
            List<Alert> about = alerts.stream()
                    .filter(alert ->
                            expectation.rule() == null || expectation.rule().equals(alert.rule()))
                    .toList();
            if (expectation.seq() == null) {
                assertThat(about).as("%s: %s", file, expectation).isEmpty();
            } else {
                assertThat(about).as("%s: %s", file, expectation).isNotEmpty();
                assertThat(about.get(0).seq()).as("%s: %s", file, expectation).isEqualTo(expectation.seq());
            }
        }
    }

    static List<RuleTrace> recordings() {
        return RuleTraces.recordings();
    }

    /** The name of the file begins with the rule that has to say that it does not know. */
    @ParameterizedTest
    @MethodSource("recordings")
    void whatAWholeRecordingDoesNotStateIsHeldAgainstNobody(RuleTrace file) {
        String rule = file.name().substring(0, file.name().indexOf('-'));
        List<Event> said = RuleTraces.check(file.trace().events());
        assertThat(said).noneMatch(Alert.class::isInstance);
        assertThat(said.stream()
                        .filter(Verdict.class::isInstance)
                        .map(Verdict.class::cast)
                        .filter(verdict -> rule.equals(verdict.rule()))
                        .map(Verdict::outcome))
                .containsExactly(Outcome.INCONCLUSIVE);
    }

    @ParameterizedTest
    @MethodSource("legalTraces")
    void noRuleFiresOnANearMissOfAnother(RuleTrace file) {
        assertThat(RuleTraces.alerts(file.trace().events())).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("traces")
    void everyWitnessIsInOrderAndEndsWhereTheRuleIsBroken(RuleTrace file) {
        for (Alert alert : RuleTraces.alerts(file.trace().events())) {
            var witness = Objects.requireNonNull(alert.witness());
            var roles = alert.roles();
            assertThat(roles).isNotNull().hasSize(witness.size());
            assertThat(witness.toArray()).isSorted().doesNotHaveDuplicates();
            assertThat(witness.get(witness.size() - 1)).isEqualTo(alert.seq());
        }
    }

    @Test
    void everyRuleHasABreakingTraceAndANearMiss() {
        for (var rule : RuleCatalogue.all().rules()) {
            String id = rule.card().id();
            assertThat(traces().stream().filter(t -> t.rule().equals(id) && t.breaks()))
                    .as(id)
                    .hasSizeGreaterThan(1);
            assertThat(traces().stream().filter(t -> t.rule().equals(id) && !t.breaks()))
                    .as(id)
                    .hasSizeGreaterThan(1);
        }
    }
}
