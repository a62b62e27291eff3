package dev.fenceline.analytics.flink;

import dev.fenceline.analytics.check.SessionCheck;
import org.jspecify.annotations.Nullable;

/**
 * What the job keeps of one session: its check while events are still to come, and after that only how far it went, so that a
 * repeated {@code session_end} does not look like a new session. Mutable, owned by Flink's keyed state.
 */
final class CheckedSession {
    /** The {@link #lastSeq()} of a session of which nothing was applied yet. */
    static final long NONE = Long.MIN_VALUE;

    private final RuleSelection rules;
    private @Nullable SessionCheck check;
    private long lastSeq;
    private boolean touched = true;

    /**
     * A session.
     *
     * @param rules what it is judged by, from its first event to its last: a change of the job's rules is for later sessions
     * @param check its check so far, or null if it is done
     */
    CheckedSession(RuleSelection rules, @Nullable SessionCheck check, long lastSeq) {
        this.rules = rules;
        this.check = check;
        this.lastSeq = lastSeq;
    }

    /** A session of which nothing was applied yet. */
    static CheckedSession begin(RuleSelection rules) {
        return new CheckedSession(rules, new SessionCheck(rules.catalogue()), NONE);
    }

    RuleSelection rules() {
        return rules;
    }

    /** The check, or null if the session is done. */
    @Nullable SessionCheck check() {
        return check;
    }

    /** The seq of the last event applied. */
    long lastSeq() {
        return lastSeq;
    }

    void advanceTo(long seq) {
        lastSeq = seq;
    }

    /** Lets go of the check: no event of this session will be applied any more. */
    void close() {
        check = null;
    }

    /** Notes that something came, whatever it was. */
    void touch() {
        touched = true;
    }

    /**
     * Whether anything came since this was last asked. Not part of the checkpoint: a session just restored counts as touched, so
     * that the time the job itself was down is not held against it.
     */
    boolean wasTouched() {
        boolean was = touched;
        touched = false;
        return was;
    }
}
