package dev.fenceline.cli;

import dev.fenceline.analytics.check.SessionCheck;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.StreamLedger;
import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.Outcome;
import dev.fenceline.event.SessionEnd;
import dev.fenceline.event.Verdict;
import dev.fenceline.text.Expectation;
import dev.fenceline.text.Trace;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.SessionDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the rules say of one trace or session, and whether that is what was expected. */
final class CheckedTrace {
    private final List<Alert> alerts = new ArrayList<>();
    private final List<Verdict> verdicts = new ArrayList<>();
    private final Map<String, Long> firstViolation = new LinkedHashMap<>();
    private final StreamLedger ledger;
    private final boolean digestDiffers;
    private long events;

    private CheckedTrace(Consumer<Consumer<Event>> source, boolean digestDiffers) {
        SessionCheck check = new SessionCheck(RuleCatalogue.all());
        source.accept(event -> {
            events++;
            check.apply(event, this::take);
        });
        check.finish(this::take);
        this.ledger = check.state().ledger();
        this.digestDiffers = digestDiffers;
    }

    /** Checks the events of a recorded session, which {@code source} gives to its consumer; the recorder checked their digest. */
    static CheckedTrace ofSession(Consumer<Consumer<Event>> source, boolean digestDiffers) {
        return new CheckedTrace(source, digestDiffers);
    }

    /** Checks a trace, and, if it is a whole recording, whether it is still what was recorded. */
    static CheckedTrace of(Trace trace) {
        return new CheckedTrace(
                sink -> trace.events().forEach(sink), !trace.fragment() && digestDiffers(trace.events()));
    }

    /** Whether {@code session_end} states another digest than that of the events before it. */
    private static boolean digestDiffers(List<Event> events) {
        EventCodec codec = new EventCodec();
        SessionDigest digest = new SessionDigest();
        for (Event event : events) {
            if (event.eventType() == EventType.SESSION_END) {
                byte[] recorded = ((SessionEnd) event).digest();
                return recorded != null && !Arrays.equals(recorded, digest.digest());
            }
            byte[] wire = codec.encode(event);
            digest.add(event.eventType(), wire, 0, wire.length);
        }
        return false;
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

    /** Why no rule could judge the trace, in the words of most rules that have their streams in it; null if one could. */
    @Nullable String unjudged() {
        if (verdicts.stream()
                .anyMatch(verdict -> verdict.outcome() != Outcome.INCONCLUSIVE && verdict.outcome() != Outcome.OPEN)) {
            return null;
        }
        Map<String, Long> reasons = verdicts.stream()
                .filter(verdict -> verdict.outcome() == Outcome.INCONCLUSIVE && hasItsStreams(verdict))
                .map(verdict -> String.valueOf(verdict.reason()))
                .collect(Collectors.groupingBy(Function.identity(), LinkedHashMap::new, Collectors.counting()));
        return reasons.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse("the recording holds the streams of no rule completely");
    }

    private boolean hasItsStreams(Verdict verdict) {
        Rule rule = RuleCatalogue.all().rule(String.valueOf(verdict.rule()));
        return rule != null && ledger.missing(rule.card().needs()) == null;
    }

    /**
     * What differs from the expectations, in sentences; without expectations, every violation does. A recording that contradicts
     * itself proves nothing, whatever is expected.
     */
    List<String> differences(List<Expectation> expectations) {
        List<String> differences = new ArrayList<>();
        if (ledger.isCorrupt()) {
            differences.add("the recording contradicts itself at " + ledger.corruptSeq() + ": " + ledger.corruption()
                    + "; CORRUPT are the rules of " + corruptStreams());
        }
        if (digestDiffers) {
            differences.add(
                    "the digest in session_end is not that of the events before it: this is not what was recorded");
        }
        if (expectations.isEmpty()) {
            firstViolation.forEach((rule, seq) -> differences.add(rule + " is violated at " + seq));
        }
        for (Expectation expectation : expectations) {
            String rule = expectation.rule();
            if (rule == null) {
                firstViolation.forEach(
                        (found, seq) -> differences.add("no rule should be violated, but " + found + " is at " + seq));
            } else if (!Objects.equals(firstViolation.get(rule), expectation.seq())
                    || (expectation.seq() == null && outcome(rule) == Outcome.CORRUPT)) {
                differences.add(difference(rule, expectation));
            }
        }
        return differences;
    }

    private String corruptStreams() {
        Set<Stream> streams = ledger.corruptStreams();
        return streams.size() == Stream.values().length
                ? "all streams"
                : (streams.size() == 1 ? "the stream " : "the streams ")
                        + streams.stream().map(Stream::streamName).collect(Collectors.joining(", "));
    }

    private @Nullable Outcome outcome(String rule) {
        return verdicts.stream()
                .filter(verdict -> rule.equals(verdict.rule()))
                .map(Verdict::outcome)
                .findFirst()
                .orElse(null);
    }

    private String difference(String rule, Expectation expectation) {
        Long seq = firstViolation.get(rule);
        String found = seq == null ? "it is not violated" : "it is at " + seq;
        String verdict = verdicts.stream()
                .filter(v -> rule.equals(v.rule()) && v.reason() != null)
                .map(v -> " (" + v.outcome() + ": " + v.reason() + ")")
                .findFirst()
                .orElse("");
        if (expectation.seq() != null) {
            return rule + " should first be violated at " + expectation.seq() + ", but " + found + verdict;
        }
        return rule + " should be silent, but " + (seq == null ? "nobody can tell" + verdict : found);
    }
}
