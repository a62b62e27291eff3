package dev.fenceline.analytics.rule;

import dev.fenceline.analytics.state.KernelState;

/** Something that must happen to a subject before a deadline. */
public interface Obligation {
    /** Whether it happened, or nobody can ask for it any more. */
    boolean isDischarged(long subject, KernelState state);

    /** The deadline {@code dueNs} passed and it did not happen: reports the violation, or sets a later deadline. */
    void judge(long subject, long dueNs, KernelState state, Report report);
}
