package dev.fenceline.testing;

import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.FieldSpec;
import dev.fenceline.event.FieldVisitor;
import dev.fenceline.event.LongList;
import dev.fenceline.event.SessionEnd;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Source;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.SessionDigest;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/** Whole sessions without a story: random events of every type between a start and an end whose digest is right. */
public final class SampleSessions {
    private static final Set<EventType> NOT_IN_BETWEEN = EnumSet.of(
            EventType.SESSION_START,
            EventType.SESSION_END,
            EventType.TRACE_LOST,
            EventType.ALERT,
            EventType.VERDICT,
            EventType.SESSION_CHECKED);

    private SampleSessions() {}

    /** A whole session: start, {@code rounds} random events of each type that is not about sessions, end. */
    public static List<Event> whole(UUID session, long seed, int rounds) {
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
                if (!NOT_IN_BETWEEN.contains(type)) {
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
    private static Event numbered(Event event, long seq) {
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
}
