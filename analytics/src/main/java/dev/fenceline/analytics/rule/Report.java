package dev.fenceline.analytics.rule;

import dev.fenceline.event.Event;

/** What a rule says while it looks at an event. */
public interface Report {
    /** The event being judged. */
    Event event();

    /** The rule is broken for that subject, for example {@code bo=5}; a subject is reported once. */
    Finding violation(String subject);

    /**
     * The rule would have to know something that the recording does not say. Unless it is violated elsewhere, its verdict is
     * inconclusive, with this reason.
     */
    void unknown(String reason);

    /** As {@link #unknown(String)}, with the id in place of {@code {}} in the reason: only the first reason is kept. */
    void unknown(String reason, long id);

    /** From now on the rule's obligation towards the subject is due at that time, in ns of the session's clock. */
    void oblige(long subject, long dueNs);
}
