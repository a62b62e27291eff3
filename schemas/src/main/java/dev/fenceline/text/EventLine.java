package dev.fenceline.text;

import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.FieldSpec;
import dev.fenceline.event.LongList;
import dev.fenceline.event.Source;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One event line being read: {@code seq [time] name key=value ...}. */
final class EventLine {
    private static final List<String> HEAD_KEYS = List.of("cpu", "tid", "tgid", "source");

    private final String file;
    private final int line;
    private final Symbols symbols;
    private final FenceIdentities fences;

    private int cpu;
    private int tid;
    private int tgid;
    private Source source = Source.SIMULATOR;

    EventLine(String file, int line, Symbols symbols, FenceIdentities fences) {
        this.file = file;
        this.line = line;
        this.symbols = symbols;
        this.fences = fences;
    }

    /** The event of the line; without a time of its own it happens a nanosecond after {@code previousTs}. */
    Event read(List<String> words, long previousTs) {
        long seq = seq(words.get(0));
        int next = 1;
        long ts = previousTs + 1;
        if (words.size() > next && words.get(next).startsWith("[")) {
            ts = time(words.get(next++));
        }
        if (words.size() == next) {
            throw error("an event line wants a name: SEQ [TIME] NAME KEY=VALUE ...");
        }
        EventType type = type(words.get(next++));
        Event.Builder<?> builder = type.newBuilder();
        Set<String> seen = new LinkedHashSet<>();
        boolean[] stated = new boolean[type.fieldCount()];
        for (String word : words.subList(next, words.size())) {
            int equals = word.indexOf('=');
            if (equals <= 0) {
                throw error("'" + LineScanner.plain(word) + "' is no KEY=VALUE");
            }
            String key = LineScanner.plain(word.substring(0, equals));
            if (!seen.add(key)) {
                throw error("'" + key + "' is given twice");
            }
            FieldSpec field = type.field(key);
            String value = word.substring(equals + 1);
            if (field != null) {
                stated[field.index()] = true;
                set(builder, type, field, value);
            } else if (HEAD_KEYS.contains(key)) {
                head(key, value);
            } else {
                List<String> known = new ArrayList<>(
                        type.fields().stream().map(FieldSpec::name).toList());
                known.addAll(HEAD_KEYS);
                throw error(type.eventName() + " has no field '" + key + "'" + Nearest.suggestion(key, known));
            }
        }
        if (type == EventType.DMA_FENCE_INIT) {
            fences.complete(builder, type, stated);
        }
        return builder.build(seq, ts, cpu, tid, tgid, source);
    }

    /** Reads a field of {@code type} into its builder. */
    void set(Event.Builder<?> builder, EventType type, FieldSpec field, String value) {
        int index = field.index();
        switch (field.kind()) {
            case NUMBER -> builder.setNumber(index, number(type, field, value));
            case FLAG -> builder.setFlag(index, flag(field, value));
            case TEXT -> builder.setText(index, LineScanner.plain(value));
            case BYTES -> builder.setBytes(index, bytes(field, value));
            case SYMBOL -> builder.setSymbol(index, symbol(field, value));
            case NUMBERS ->
                builder.setNumbers(
                        index,
                        LongList.of(items(value, ",").stream()
                                .mapToLong(item -> number(type, field, item))
                                .toArray()));
            case SYMBOLS ->
                builder.setSymbols(
                        index,
                        items(value, "[+,]").stream()
                                .map(item -> symbol(field, item))
                                .toList());
            case TEXTS ->
                builder.setTexts(
                        index,
                        items(value, ",").stream().map(LineScanner::plain).toList());
        }
    }

    private static List<String> items(String value, String separator) {
        return value.equals("-") ? List.of() : Arrays.asList(value.split(separator, -1));
    }

    private long seq(String word) {
        try {
            return Long.parseLong(word);
        } catch (NumberFormatException e) {
            throw error("a line begins with the seq of its event, not with '" + LineScanner.plain(word) + "'");
        }
    }

    private long time(String word) {
        if (!word.endsWith("]")) {
            throw error("the time '" + word + "' is not closed by ']'");
        }
        try {
            return Durations.parse(word.substring(1, word.length() - 1));
        } catch (IllegalArgumentException e) {
            throw error(String.valueOf(e.getMessage()));
        }
    }

    private EventType type(String name) {
        EventType type = EventType.named(name);
        if (type == null) {
            throw error("there is no event '" + LineScanner.plain(name) + "'"
                    + Nearest.suggestion(
                            name,
                            Arrays.stream(EventType.values())
                                    .map(EventType::eventName)
                                    .toList()));
        }
        return type;
    }

    private void head(String key, String value) {
        switch (key) {
            case "cpu" -> cpu = small(key, value);
            case "tid" -> tid = small(key, value);
            case "tgid" -> tgid = small(key, value);
            default -> {
                try {
                    source = Source.valueOf(value);
                } catch (IllegalArgumentException e) {
                    throw error("there is no source '" + value + "'"
                            + Nearest.suggestion(
                                    value,
                                    Arrays.stream(Source.values())
                                            .map(Enum::name)
                                            .toList()));
                }
            }
        }
    }

    private int small(String key, String value) {
        Long number = literal(value);
        long id = number == null ? identity(key, value) : noted(key, value, number);
        if (id != (int) id) {
            throw error(key + "=" + value + " does not fit 32 bits");
        }
        return (int) id;
    }

    private long number(EventType type, FieldSpec field, String value) {
        Long number = literal(value);
        if (number != null) {
            return field.idKind() == null ? number : noted(field.name(), value, number);
        }
        if (field.idKind() == null) {
            if ("ns".equals(field.unit())) {
                try {
                    return Durations.parse(value, "ns");
                } catch (IllegalArgumentException e) {
                    throw error(field.name() + ": " + e.getMessage());
                }
            }
            throw error(type.eventName() + "." + field.name() + " wants a number, decimal or 0x, not '"
                    + LineScanner.plain(value) + "'");
        }
        if (field.idKind().equals("fence") && value.indexOf(':') >= 0) {
            return fence(field.name(), value);
        }
        return identity(field.name(), value);
    }

    private long fence(String key, String value) {
        int colon = value.indexOf(':');
        String contextPart = value.substring(0, colon);
        Long context = literal(contextPart);
        Long seqno = literal(value.substring(colon + 1));
        if (seqno == null) {
            throw error(key + "=" + value + " names a fence by CONTEXT:SEQNO, and the seqno is no number");
        }
        // However its numbers are written, the name is the same.
        String name =
                (context == null ? contextPart : Long.toUnsignedString(context)) + ":" + Long.toUnsignedString(seqno);
        long id = symbols.intern(name);
        fences.name(id, context == null ? identity(key, contextPart) : context, seqno);
        return id;
    }

    private long identity(String key, String name) {
        if (name.isEmpty() || !(Character.isLetter(name.charAt(0)) || name.charAt(0) == '_')) {
            throw error(key + " wants an id: a number, or a name that begins with a letter, not '"
                    + LineScanner.plain(name) + "'");
        }
        return symbols.intern(LineScanner.plain(name));
    }

    private long noted(String key, String value, long id) {
        if (!symbols.number(id)) {
            throw error(key + "=" + value + " is the id that '" + symbols.name(id) + "' got; write a smaller number");
        }
        return id;
    }

    /** The value of a number in decimal or 0x, unsigned up to 64 bits; null if it is none. */
    static @Nullable Long literal(String text) {
        try {
            if (text.startsWith("0x") || text.startsWith("0X")) {
                return Long.parseUnsignedLong(text.substring(2).replace("_", ""), 16);
            }
            return text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private boolean flag(FieldSpec field, String value) {
        return switch (value) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw error(field.name() + " wants true or false, not '" + LineScanner.plain(value) + "'");
        };
    }

    private String symbol(FieldSpec field, String value) {
        if (!field.symbols().contains(value)) {
            throw error("'" + LineScanner.plain(value) + "' is no value of " + field.name() + " (it has "
                    + String.join(
                            ", ", field.symbols().subList(1, field.symbols().size())) + ")"
                    + Nearest.suggestion(value, field.symbols()));
        }
        return value;
    }

    private byte[] bytes(FieldSpec field, String value) {
        String digits = value.equals("-") ? "" : value.startsWith("0x") ? value.substring(2) : value;
        try {
            return HexFormat.of().parseHex(digits.length() % 2 == 0 ? digits : "0" + digits);
        } catch (IllegalArgumentException e) {
            throw error(field.name() + " wants bytes in hexadecimal, not '" + LineScanner.plain(value) + "'");
        }
    }

    private TraceTextException error(String message) {
        return new TraceTextException(file, line, message);
    }
}
