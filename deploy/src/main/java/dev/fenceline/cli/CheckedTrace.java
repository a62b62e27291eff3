package dev.fenceline.cli;

import dev.fenceline.analytics.check.SessionCheck;
import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.Verdict;
import dev.fenceline.text.Expectation;
import dev.fenceline.text.Trace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/** What the rules say of one trace or session, and whether that is what was expected. */
final class CheckedTrace {
    private final List<Alert> alerts = new ArrayList<>();
    private final List<Verdict> verdicts = new ArrayList<>();
    private final Map<String, Long> firstViolation = new LinkedHashMap<>();
    private long events;

    private CheckedTrace() {}

    /** Checks the events that {@code source} gives to its consumer. */
    static CheckedTrace of(Consumer<Consumer<Event>> source) {
        CheckedTrace checked = new CheckedTrace();
        SessionCheck check = new SessionCheck(RuleCatalogue.all());
        source.accept(event -> {
            checked.events++;
            check.apply(event, checked::take);
        });
        check.finish(checked::take);
        return checked;
    }

    static CheckedTrace of(Trace trace) {
        return of(sink -> trace.events().forEach(sink));
    }

    private void take(Event derived) {
        if (derived.eventType() == EventType.ALERT) {
            Alert alert = (Alert) derived;
            alerts.add(alert);
            firstViolation.putIfAbsent(String.valueOf(alert.rule()), alert.seq());
        } else if (derived.eventType() == EventType.VERDICT) {
            verdicts.add((Verdict) derived);
        }
    }

    List<Alert> alerts() {
        return alerts;
    }

    List<Verdict> verdicts() {
        return verdicts;
    }

    long events() {
        return events;
    }

    /** {@code RULE@seq} of the first violation of each rule, in the order they happened. */
    List<String> found() {
        return firstViolation.entrySet().stream()
                .map(entry -> entry.getKey() + "@" + entry.getValue())
                .toList();
    }

    /** What differs from the expectations, in sentences; without expectations, every violation does. */
    List<String> differences(List<Expectation> expectations) {
        List<String> differences = new ArrayList<>();
        if (expectations.isEmpty()) {
            firstViolation.forEach((rule, seq) -> differences.add(rule + " is violated at " + seq));
        }
        for (Expectation expectation : expectations) {
            String rule = expectation.rule();
            if (rule == null) {
                firstViolation.forEach(
                        (found, seq) -> differences.add("no rule should be violated, but " + found + " is at " + seq));
            } else if (RuleCatalogue.all().rule(rule) == null) {
                differences.add("there is no rule " + rule + "; fenceline rules lists them");
            } else if (!Objects.equals(firstViolation.get(rule), expectation.seq())) {
                differences.add(difference(rule, expectation));
            }
        }
        return differences;
    }

    private String difference(String rule, Expectation expectation) {
        Long seq = firstViolation.get(rule);
        String found = seq == null ? "it is not violated" : "it is at " + seq;
        String verdict = verdicts.stream()
                .filter(v -> rule.equals(v.rule()) && v.reason() != null)
                .map(v -> " (" + v.outcome() + ": " + v.reason() + ")")
                .findFirst()
                .orElse("");
        return expectation.seq() == null
                ? rule + " should be silent, but " + found
                : rule + " should first be violated at " + expectation.seq() + ", but " + found + verdict;
    }
}
