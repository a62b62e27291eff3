package dev.fenceline.generator;

import java.util.stream.Collectors;

/** The Java sources that know all events: the sealed base class, the enum of types and the tables behind it. */
final class FamilySource {
    private FamilySource() {}

    static String event(Contract contract) {
        return """
                package dev.fenceline.event;

                import java.util.ArrayList;
                import java.util.Collections;
                import java.util.EnumSet;
                import java.util.List;
                import java.util.Set;
                import org.jspecify.annotations.Nullable;

                /**
                 * One fact of a session. Immutable; equal when every recorded field is. To tell the kinds apart, switch over
                 * {@link #eventType()} without a default: a new event then fails to compile until somebody decides.
                 */
                public abstract sealed class Event
                        permits %s {

                    /** What a numeric accessor returns for a field that was not recorded. */
                    public static final long ABSENT = Long.MIN_VALUE;

                    private final long seq;
                    private final long ts;
                    private final int cpu;
                    private final int tid;
                    private final int tgid;
                    private final Source source;

                    Event(long seq, long ts, int cpu, int tid, int tgid, Source source) {
                        this.seq = seq;
                        this.ts = ts;
                        this.cpu = cpu;
                        this.tid = tid;
                        this.tgid = tgid;
                        this.source = source;
                    }

                    /** Position in the session, dense from 1: the only ordering authority. */
                    public final long seq() {
                        return seq;
                    }

                    /** Time on the session's clock in ns; may tie or run backwards between CPUs. */
                    public final long ts() {
                        return ts;
                    }

                    /** The CPU it happened on. */
                    public final int cpu() {
                        return cpu;
                    }

                    /** The thread it happened in. */
                    public final int tid() {
                        return tid;
                    }

                    /** The process of that thread. */
                    public final int tgid() {
                        return tgid;
                    }

                    /** Who produced the event. */
                    public final Source source() {
                        return source;
                    }

                    /** Which event this is. */
                    public abstract EventType eventType();

                    /** Visits the recorded fields beyond the head, in the order of the schema. */
                    public abstract void forEachField(FieldVisitor visitor);

                    abstract void writeFields(WireBuffer out);

                    /** Writes the Avro binary form of this event's record. */
                    public final void write(WireBuffer out) {
                        out.putNumber(seq);
                        out.putNumber(ts);
                        out.putNumber(cpu);
                        out.putNumber(tid);
                        out.putNumber(tgid);
                        out.putNumber(source.ordinal());
                        writeFields(out);
                    }

                    @Override
                    public final boolean equals(@Nullable Object other) {
                        return other instanceof Event event
                                && event.eventType() == eventType()
                                && WireBuffer.of(this).sameBytes(WireBuffer.of(event));
                    }

                    @Override
                    public final int hashCode() {
                        return Long.hashCode(seq) * 31 + Long.hashCode(ts);
                    }

                    @Override
                    public final String toString() {
                        return EventDescription.of(this);
                    }

                    static <E extends Enum<E>> @Nullable Set<E> immutable(Class<E> type, @Nullable Set<E> value) {
                        if (value == null) {
                            return null;
                        }
                        EnumSet<E> copy = EnumSet.noneOf(type);
                        copy.addAll(value);
                        return Collections.unmodifiableSet(copy);
                    }

                    static <E extends Enum<E>> Set<E> named(Class<E> type, List<String> names) {
                        EnumSet<E> set = EnumSet.noneOf(type);
                        for (String name : names) {
                            set.add(Enum.valueOf(type, name));
                        }
                        return set;
                    }

                    static <E extends Enum<E>> List<String> names(Set<E> set) {
                        List<String> names = new ArrayList<>(set.size());
                        for (E symbol : set) {
                            names.add(symbol.name());
                        }
                        return names;
                    }

                    static IllegalArgumentException noSuchField(EventType type, int field) {
                        return new IllegalArgumentException(type.eventName() + " has no such field of that kind: " + field);
                    }

                    /**
                     * What all builders can do. The setters by index serve readers that only know {@link EventType#fields()};
                     * they throw IllegalArgumentException when the field is of another kind or a symbol is unknown.
                     */
                    public interface Builder<E extends Event> {
                        /** The event with the fields set so far. */
                        E build(long seq, long ts, int cpu, int tid, int tgid, Source source);

                        /** Reads the first {@code fields} fields from Avro binary; older versions of an event have fewer. */
                        void readFields(WireReader in, int fields);

                %s    }
                }
                """.formatted(
                        contract.events().stream()
                                .map(EventModel::className)
                                .sorted()
                                .collect(Collectors.joining(",\n                ")),
                        genericSetter("setNumber", "long")
                                + genericSetter("setFlag", "boolean")
                                + genericSetter("setText", "String")
                                + genericSetter("setBytes", "byte[]")
                                + genericSetter("setSymbol", "String")
                                + genericSetter("setNumbers", "LongList")
                                + genericSetter("setSymbols", "List<String>")
                                + genericSetter("setTexts", "List<String>"));
    }

    private static String genericSetter(String name, String type) {
        return """
                        default void %s(int field, %s value) {
                            throw new IllegalArgumentException(
                                    getClass().getDeclaringClass().getSimpleName() + " has no such field of that kind: " + field);
                        }

                """.formatted(name, type);
    }

    static String eventType(Contract contract) {
        String constants = contract.events().stream()
                .map(e -> "    /** %s */\n    %s(%s, %s, %s, 0x%xL, %d)"
                        .formatted(
                                e.doc()
                                        .replace("@", "{@literal @}")
                                        .replace("<", "&lt;")
                                        .replace(">", "&gt;"),
                                e.constant(),
                                Names.quoted(e.eventName()),
                                Names.quoted(e.family()),
                                Names.quoted(e.doc()),
                                e.fingerprint(),
                                e.fields().size()))
                .collect(Collectors.joining(",\n"));
        return """
                package dev.fenceline.event;

                import java.util.List;
                import org.jspecify.annotations.Nullable;

                /** All events of the contract, in the order of its files. */
                public enum EventType {
                %s;

                    private static final EventType[] ALL = values();

                    private final String eventName;
                    private final String family;
                    private final String doc;
                    private final long fingerprint;
                    private final int fieldCount;

                    EventType(String eventName, String family, String doc, long fingerprint, int fieldCount) {
                        this.eventName = eventName;
                        this.family = family;
                        this.doc = doc;
                        this.fingerprint = fingerprint;
                        this.fieldCount = fieldCount;
                    }

                    /** The name of the event, its table and its line in trace text: {@code bo_move}. */
                    public String eventName() {
                        return eventName;
                    }

                    /** The part of the contract that defines it: {@code bo}. */
                    public String family() {
                        return family;
                    }

                    /** What it stands for, in a sentence. */
                    public String doc() {
                        return doc;
                    }

                    /** The CRC-64-AVRO fingerprint of its schema, which names it on the wire. */
                    public long fingerprint() {
                        return fingerprint;
                    }

                    /** How many fields it has beyond its head. */
                    public int fieldCount() {
                        return fieldCount;
                    }

                    /** Its fields beyond the head, in the order of the schema. */
                    public List<FieldSpec> fields() {
                        return EventTables.fields(this);
                    }

                    /** The recorder's and the kernel's words for where it comes from: tracepoints and functions. */
                    public String standsFor() {
                        return EventTables.standsFor(this);
                    }

                    /** The streams it belongs to (a recording that declares such a stream holds all its events). */
                    public List<String> streams() {
                        return EventTables.streams(this);
                    }

                    public Event.Builder<?> newBuilder() {
                        return EventTables.newBuilder(this);
                    }

                    /** Finds a field by its name. */
                    public @Nullable FieldSpec field(String name) {
                        for (FieldSpec field : fields()) {
                            if (field.name().equals(name)) {
                                return field;
                            }
                        }
                        return null;
                    }

                    /** Finds a type by its name, null if the contract has none. */
                    public static @Nullable EventType named(String eventName) {
                        for (EventType type : ALL) {
                            if (type.eventName.equals(eventName)) {
                                return type;
                            }
                        }
                        return null;
                    }
                }
                """.formatted(constants);
    }

    static String eventTables(Contract contract) {
        return """
                package dev.fenceline.event;

                import java.util.List;

                /** What each event type has, kept out of the enum so that it loads only when asked for. */
                final class EventTables {
                    /** Every version ever released: its fingerprint, its type, and how many fields it has. */
                    static final long[] FINGERPRINTS = {%s
                    };
                    static final short[] TYPES = {%s
                    };
                    static final short[] FIELD_COUNTS = {%s
                    };

                    private EventTables() {}

                    static List<FieldSpec> fields(EventType type) {
                        return switch (type) {
                %s        };
                    }

                    static Event.Builder<?> newBuilder(EventType type) {
                        return switch (type) {
                %s        };
                    }

                    static String standsFor(EventType type) {
                        return switch (type) {
                %s        };
                    }

                    static List<String> streams(EventType type) {
                        return switch (type) {
                %s        };
                    }
                }
                """.formatted(
                versions(contract, "0x%1$xL"),
                versions(contract, "%2$d"),
                versions(contract, "%3$d"),
                cases(contract, e -> e.className() + ".FIELDS"),
                cases(contract, e -> e.className() + ".builder()"),
                cases(contract, e -> Names.quoted(e.standsFor())),
                cases(
                        contract,
                        e -> "List.of("
                                + e.streams().stream().map(Names::quoted).collect(Collectors.joining(", "))
                                + ")"));
    }

    /** Current versions first, then the released ones that differ from them. */
    private static String versions(Contract contract, String template) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < contract.events().size(); i++) {
            EventModel event = contract.events().get(i);
            out.append("\n        ")
                    .append(template.formatted(
                            event.fingerprint(), i, event.fields().size()))
                    .append(',');
            for (EventModel.Release release : event.released()) {
                if (release.fingerprint() != event.fingerprint()) {
                    out.append("\n        ")
                            .append(template.formatted(release.fingerprint(), i, release.fields()))
                            .append(',');
                }
            }
        }
        return out.toString();
    }

    private static String cases(Contract contract, java.util.function.Function<EventModel, String> value) {
        return contract.events().stream()
                .map(e -> "            case %s -> %s;\n".formatted(e.constant(), value.apply(e)))
                .collect(Collectors.joining());
    }
}
