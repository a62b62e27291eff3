package dev.fenceline.stack;

import dev.fenceline.event.ClockTick;
import dev.fenceline.event.Event;
import dev.fenceline.event.SessionEnd;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;

/** Sessions to send through the stack: the same ones every time. */
public final class SampleSessions {
    private SampleSessions() {}

    /** {@code count} sessions of about {@code length} events each. */
    public static NavigableMap<UUID, List<Event>> of(int count, int length) {
        NavigableMap<UUID, List<Event>> sessions = new TreeMap<>();
        for (int seed = 1; seed <= count; seed++) {
            List<Event> events = new ArrayList<>();
            events.add(SessionStart.builder().seed(seed).build(1, 1, 0, 0, 0, Source.SIMULATOR));
            for (int i = 2; i < length + seed; i++) {
                events.add(ClockTick.builder().build(i, i, 0, 0, 0, Source.SIMULATOR));
            }
            int n = length + seed;
            events.add(SessionEnd.builder().events(n).build(n, n, 0, 0, 0, Source.SIMULATOR));
            sessions.put(UUID.nameUUIDFromBytes(new byte[] {(byte) seed}), events);
        }
        return sessions;
    }
}
