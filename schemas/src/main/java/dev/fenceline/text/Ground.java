package dev.fenceline.text;

import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.FieldSpec;
import dev.fenceline.event.FieldVisitor;
import dev.fenceline.event.LockAcquire;
import dev.fenceline.event.LockBlock;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.LockRelease;
import dev.fenceline.event.LongList;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Source;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the header lines of a fragment set, and the {@code session_start} that is made of them. */
final class Ground {
    /** Streams that no event belongs to: what they promise is about the times of all events. */
    private static final List<String> STREAMS_OF_TIME = List.of("clock", "time");

    private final SessionStart.Builder start = SessionStart.builder().fragment(true);
    private @Nullable List<String> streams;

    /** Every stream a recording can declare. */
    static List<String> allStreams() {
        TreeSet<String> names = new TreeSet<>(STREAMS_OF_TIME);
        for (EventType type : EventType.values()) {
            names.addAll(type.streams());
        }
        return List.copyOf(names);
    }

    /** Reads a header line, without its {@code #}; false if it is a mere comment. */
    boolean header(String file, int line, String text) {
        List<String> words = LineScanner.words(file, line, text);
        if (words.isEmpty()) {
            return false;
        }
        List<String> rest = words.subList(1, words.size());
        switch (words.get(0)) {
            case "streams" -> streams(file, line, rest);
            case "driver" -> driver(file, line, rest);
            case "given" -> given(file, line, rest);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void streams(String file, int line, List<String> names) {
        List<String> known = allStreams();
        for (String name : names) {
            if (!known.contains(name)) {
                throw new TraceTextException(
                        file, line, "there is no stream '" + name + "'" + Nearest.suggestion(name, known));
            }
        }
        streams = List.copyOf(names.equals(List.of("-")) ? List.of() : names);
    }

    private void driver(String file, int line, List<String> words) {
        if (words.isEmpty() || words.size() > 2) {
            throw new TraceTextException(file, line, "want: # driver NAME [KERNEL], as in # driver xe 7.3");
        }
        start.driver(words.get(0));
        if (words.size() == 2) {
            start.kernel(words.get(1));
        }
    }

    private void given(String file, int line, List<String> words) {
        EventLine values = new EventLine(file, line, new Symbols(), new FenceIdentities());
        for (String word : words) {
            int equals = word.indexOf('=');
            String key = equals < 0 ? word : word.substring(0, equals);
            FieldSpec field = EventType.SESSION_START.field(key);
            if (field == null || equals < 0) {
                throw new TraceTextException(
                        file,
                        line,
                        "'" + key + "' is no NAME=VALUE of session_start"
                                + Nearest.suggestion(
                                        key,
                                        EventType.SESSION_START.fields().stream()
                                                .map(FieldSpec::name)
                                                .toList()));
            }
            values.set(start, EventType.SESSION_START, field, word.substring(equals + 1));
        }
    }

    /** The start that stands just before {@code events}, the events of a fragment. */
    SessionStart before(List<Event> events, FenceIdentities fences) {
        Event first = events.get(0);
        return start.streams(streams == null ? allStreams() : streams)
                .fenceIdentities(fences.triples())
                .soleObjects(soleObjects(events))
                .build(first.seq() - 1, first.ts(), 0, 0, 0, Source.DERIVED);
    }

    /** {@code kind=id} of every kind of which exactly one object occurs in the events. */
    static List<String> soleObjects(List<Event> events) {
        Map<String, SortedSet<Long>> objects = new LinkedHashMap<>();
        ObjectsByKind byKind = new ObjectsByKind(objects);
        for (Event event : events) {
            byKind.lockKind = event.eventType() == EventType.LOCK_ACQUIRE
                    ? kind(((LockAcquire) event).lockClass())
                    : event.eventType() == EventType.LOCK_RELEASE
                            ? kind(((LockRelease) event).lockClass())
                            : event.eventType() == EventType.LOCK_BLOCK
                                    ? kind(((LockBlock) event).lockClass())
                                    : "lock";
            event.forEachField(byKind);
        }
        List<String> sole = new ArrayList<>();
        objects.forEach((kind, ids) -> {
            if (ids.size() == 1) {
                sole.add(kind + "=" + ids.first());
            }
        });
        return sole;
    }

    private static String kind(LockClass lockClass) {
        return lockClass == LockClass.NOTIFIER_LOCK ? "notifier_lock" : "lock";
    }

    private static final class ObjectsByKind implements FieldVisitor {
        private final Map<String, SortedSet<Long>> objects;
        private String lockKind = "lock";

        private ObjectsByKind(Map<String, SortedSet<Long>> objects) {
            this.objects = objects;
        }

        private void add(FieldSpec field, long id) {
            if (field.idKind() != null) {
                String kind = field.name().equals("notifier_lock")
                        ? "notifier_lock"
                        : field.name().equals("lock") ? lockKind : field.idKind();
                objects.computeIfAbsent(kind, k -> new TreeSet<>()).add(id);
            }
        }

        @Override
        public void number(FieldSpec field, long value) {
            add(field, value);
        }

        @Override
        public void numbers(FieldSpec field, LongList value) {
            for (int i = 0; i < value.size(); i++) {
                add(field, value.get(i));
            }
        }

        @Override
        public void flag(FieldSpec field, boolean value) {}

        @Override
        public void text(FieldSpec field, String value) {}

        @Override
        public void bytes(FieldSpec field, byte[] value) {}

        @Override
        public void symbol(FieldSpec field, String value) {}

        @Override
        public void symbols(FieldSpec field, List<String> value) {}

        @Override
        public void texts(FieldSpec field, List<String> value) {}
    }
}
