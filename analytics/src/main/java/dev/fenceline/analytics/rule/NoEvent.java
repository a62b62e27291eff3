package dev.fenceline.analytics.rule;

import dev.fenceline.event.ClockTick;
import dev.fenceline.event.Event;
import dev.fenceline.event.Source;

/** Stands where the last event would, before the first one and after a restore: a place and a time, and nothing else. */
final class NoEvent {
    static final Event NONE = at(0, 0);

    private NoEvent() {}

    static Event at(long seq, long ts) {
        return ClockTick.builder().build(seq, ts, 0, 0, 0, Source.DERIVED);
    }
}
