package dev.fenceline.recorder.store;

import dev.fenceline.event.Event;
import dev.fenceline.recorder.kafka.PartitionLog;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.Topics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Brings sessions into a landing and out of a store again. */
final class Sessions {
    static final PartitionLog EVENTS_0 = new PartitionLog(Topics.EVENTS, "first-life", 0);

    private Sessions() {}

    static void accept(Landing landing, UUID session, long offset, Event event) {
        accept(landing, session, offset, new EventCodec().encode(event));
    }

    static void accept(Landing landing, UUID session, long offset, byte[] wire) {
        landing.accept(EVENTS_0, offset, key(session), wire, 0, wire.length);
    }

    static byte[] key(UUID session) {
        return session.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** Takes in the events from {@code from} (an index) to before {@code to}, with their indices as offsets. */
    static void accept(Landing landing, UUID session, List<Event> events, int from, int to) {
        for (int i = from; i < to; i++) {
            accept(landing, session, i, events.get(i));
        }
    }

    static List<Event> read(Store store, UUID session) {
        SessionRecord record = store.session(session);
        if (record == null) {
            return List.of();
        }
        List<Event> events = new ArrayList<>();
        try (SessionReader reader = store.read(record)) {
            for (Event event = reader.next(); event != null; event = reader.next()) {
                events.add(event);
            }
        }
        return events;
    }
}
