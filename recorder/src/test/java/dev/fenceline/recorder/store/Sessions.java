package dev.fenceline.recorder.store;

import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.FieldSpec;
import dev.fenceline.event.FieldVisitor;
import dev.fenceline.event.LongList;
import dev.fenceline.event.SessionEnd;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Source;
import dev.fenceline.recorder.kafka.PartitionLog;
import dev.fenceline.testing.SampleEvents;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.SessionDigest;
import dev.fenceline.wire.Topics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;

/** Sessions to land: random events of every type between a start and an end whose digest is right. */
final class Sessions {
    static final PartitionLog EVENTS_0 = new PartitionLog(Topics.EVENTS, "first-life", 0);

    private Sessions() {}

    /** A whole session: start, {@code rounds} random events of each type that is not about sessions, end. */
    static List<Event> whole(UUID session, long seed, int rounds) {
        SplittableRandom chance = new SplittableRandom(seed);
        EventCodec codec = new EventCodec();
        SessionDigest digest = new SessionDigest();
        List<Event> events = new ArrayList<>();
        events.add(SessionStart.builder()
                .session(session.toString())
                .scenario("every-event")
                .seed(seed)
                .producer("test")
                .build(1, 0, 0, 0, 0, Source.SIMULATOR));
        for (int round = 0; round < rounds; round++) {
            for (EventType type : EventType.values()) {
                if (!Landing.isDerived(type)
                        && type != EventType.SESSION_START
                        && type != EventType.SESSION_END
                        && type != EventType.TRACE_LOST) {
                    events.add(numbered(SampleEvents.random(type, chance), events.size() + 1));
                }
            }
        }
        for (Event event : events) {
            byte[] wire = codec.encode(event);
            digest.add(event.eventType(), wire, 0, wire.length);
        }
        int last = events.size() + 1;
        events.add(SessionEnd.builder()
                .events(last)
                .digest(digest.digest())
                .build(last, last * 10L, 0, 0, 0, Source.SIMULATOR));
        return events;
    }

    /** The same event at another place of the log. */
    static Event numbered(Event event, long seq) {
        Event.Builder<?> copy = event.eventType().newBuilder();
        event.forEachField(new FieldVisitor() {
            @Override
            public void number(FieldSpec field, long value) {
                copy.setNumber(field.index(), value);
            }

            @Override
            public void flag(FieldSpec field, boolean value) {
                copy.setFlag(field.index(), value);
            }

            @Override
            public void text(FieldSpec field, String value) {
                copy.setText(field.index(), value);
            }

            @Override
            public void bytes(FieldSpec field, byte[] value) {
                copy.setBytes(field.index(), value);
            }

            @Override
            public void symbol(FieldSpec field, String value) {
                copy.setSymbol(field.index(), value);
            }

            @Override
            public void numbers(FieldSpec field, LongList value) {
                copy.setNumbers(field.index(), value);
            }

            @Override
            public void symbols(FieldSpec field, List<String> value) {
                copy.setSymbols(field.index(), value);
            }

            @Override
            public void texts(FieldSpec field, List<String> value) {
                copy.setTexts(field.index(), value);
            }
        });
        return copy.build(seq, seq * 10, event.cpu(), event.tid(), event.tgid(), event.source());
    }

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
