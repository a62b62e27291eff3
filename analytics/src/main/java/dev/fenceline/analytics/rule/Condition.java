package dev.fenceline.analytics.rule;

import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.event.Event;

/** Looks at an event over the state just before it, or just after it, and reports what it breaks. */
@FunctionalInterface
public interface Condition<E extends Event> {
    /** Judges; must be a pure function of its arguments but for what it reports. */
    void judge(E event, KernelState state, Report report);
}
