package dev.fenceline.analytics.rule;

import dev.fenceline.analytics.state.KernelObject;
import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import dev.fenceline.event.Severity;
import dev.fenceline.event.Source;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A violation with its proof: the events, in order, from which a reader sees it without trusting us. */
public final class Finding {
    private final int rule;
    private final String subject;
    private Severity severity;
    private String message = "";
    private long since = Long.MAX_VALUE;
    private long confirmed;
    private final List<Step> steps = new ArrayList<>(4);

    private record Step(String role, long seq) {}

    Finding(int rule, Severity severity, String subject) {
        this.rule = rule;
        this.severity = severity;
        this.subject = subject;
    }

    /** An event of the proof and what it is in it; seq 0 means that the recording does not hold it. */
    public Finding witness(String role, long seq) {
        if (seq > 0) {
            steps.add(new Step(role, seq));
        }
        return this;
    }

    /**
     * The proof rests on facts from this seq on: after a loss of events, only findings about what was created since can be
     * believed. To be said for every object the finding is about; a finding that says nothing rests on the whole recording.
     * Its witnesses need not be said again: whoever rests on an event from before a loss rests on what may have changed since.
     */
    public Finding since(long born) {
        since = Math.min(since, born);
        return this;
    }

    /** An event from that seq on shows once more what its witnesses from before say: a loss between them takes nothing away. */
    public Finding confirmedAt(long seq) {
        confirmed = seq;
        return this;
    }

    /** The proof rests on everything about that object, and so on it being known from its creation on; null if it is not known. */
    public Finding restsOn(@Nullable KernelObject object) {
        return since(object == null ? 0 : object.born());
    }

    /** The proof rests on all that happened: after a loss of events there is none. */
    public Finding restsOnAll() {
        return since(0);
    }

    /** The severity of this variant of the rule's violation. */
    public Finding severity(Severity value) {
        severity = value;
        return this;
    }

    /** What happened, as a sentence. */
    public Finding says(String value) {
        message = value;
        return this;
    }

    int rule() {
        return rule;
    }

    String subject() {
        return subject;
    }

    long since() {
        if (since == Long.MAX_VALUE) {
            return 0;
        }
        long first = since;
        for (Step step : steps) {
            first = Math.min(first, step.seq);
        }
        return Math.max(first, confirmed);
    }

    Alert alert(RuleCard card, Event at) {
        steps.sort((a, b) -> Long.compare(a.seq, b.seq));
        long[] seqs = new long[steps.size()];
        List<String> roles = new ArrayList<>(steps.size());
        int n = 0;
        for (Step step : steps) {
            if (n == 0 || seqs[n - 1] != step.seq) {
                seqs[n++] = step.seq;
                roles.add(step.role);
            }
        }
        return Alert.builder()
                .rule(card.id())
                .ruleName(card.name())
                .severity(severity)
                .message(message)
                .witness(LongList.of(Arrays.copyOf(seqs, n)))
                .roles(roles)
                .subject(subject)
                .build(at.seq(), at.ts(), at.cpu(), at.tid(), at.tgid(), Source.DERIVED);
    }
}
