package dev.fenceline.analytics.rules;

import static org.assertj.core.api.Assertions.assertThatCode;

import dev.fenceline.analytics.rules.RuleTraces.RuleTrace;
import dev.fenceline.event.Event;
import dev.fenceline.event.FieldKind;
import dev.fenceline.event.FieldSpec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A recording may hold anything: no number in it stops the check, whatever else it leads to. */
class ExtremeNumbersTest {
    private static final long[] EXTREMES = {-1, 0, Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1};

    static List<RuleTrace> traces() {
        return RuleTraces.all();
    }

    @Tag("long")
    @ParameterizedTest
    @MethodSource("traces")
    void noNumberOfAnEventStopsTheCheck(RuleTrace file) {
        List<Event> events = file.trace().events();
        for (int at = 0; at < events.size(); at++) {
            for (FieldSpec field : events.get(at).eventType().fields()) {
                if (field.kind() == FieldKind.NUMBER || field.kind() == FieldKind.NUMBERS) {
                    checkWithExtremes(events, at, field);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("traces")
    void noNumberInAllEventsStopsTheCheck(RuleTrace file) {
        List<Event> events = file.trace().events();
        List<String> names = events.stream()
                .flatMap(event -> event.eventType().fields().stream())
                .filter(field -> field.kind() == FieldKind.NUMBER)
                .map(FieldSpec::name)
                .distinct()
                .toList();
        for (String name : names) {
            for (long extreme : EXTREMES) {
                List<Event> changed = new ArrayList<>();
                for (Event event : events) {
                    Event now = event;
                    for (FieldSpec field : event.eventType().fields()) {
                        boolean named =
                                field.kind() == FieldKind.NUMBER && field.name().equals(name);
                        now = named ? Renumbered.with(now, field, extreme) : now;
                    }
                    changed.add(now);
                }
                assertThatCode(() -> RuleTraces.check(changed))
                        .as("%s=%d everywhere", name, extreme)
                        .doesNotThrowAnyException();
            }
        }
    }

    private static void checkWithExtremes(List<Event> events, int at, FieldSpec field) {
        for (long extreme : EXTREMES) {
            List<Event> changed = new ArrayList<>(events);
            changed.set(at, Renumbered.with(events.get(at), field, extreme));
            assertThatCode(() -> RuleTraces.check(changed))
                    .as("event %d with %s=%d", at, field.name(), extreme)
                    .doesNotThrowAnyException();
        }
    }
}
