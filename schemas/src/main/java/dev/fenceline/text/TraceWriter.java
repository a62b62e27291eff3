package dev.fenceline.text;

import dev.fenceline.event.Event;
import dev.fenceline.event.FieldSpec;
import dev.fenceline.event.FieldVisitor;
import dev.fenceline.event.LongList;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Source;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes trace text in its canonical form: every line with its time, head fields where they say something (a source only if it is
 * not the simulator), then the recorded fields in the order of the schema.
 */
public final class TraceWriter {
    private static final List<String> GROUND_OF_READER =
            List.of("fragment", "streams", "fence_identities", "sole_objects");

    private final Appendable out;
    private final StringBuilder line = new StringBuilder();
    private final Fields fields = new Fields();
    private @Nullable Symbols symbols;

    public TraceWriter(Appendable out) {
        this.out = out;
    }

    /** Writes a whole trace: its ground if it is a fragment, its events with their symbols, its expectations. */
    public void write(Trace trace) throws IOException {
        symbols = trace.symbols();
        List<Event> events = trace.events();
        if (trace.fragment()) {
            ground((SessionStart) events.get(0));
        }
        for (Event event : events.subList(trace.fragment() ? 1 : 0, events.size())) {
            write(event);
        }
        for (Expectation expectation : trace.expectations()) {
            out.append("=> ").append(expectation.toString()).append('\n');
        }
        symbols = null;
    }

    /** Writes one event as a line. */
    public void write(Event event) throws IOException {
        line.setLength(0);
        line.append(event.seq()).append(" [");
        Durations.appendSeconds(event.ts(), line);
        line.append("] ").append(event.eventType().eventName());
        head("cpu", event.cpu());
        head("tid", event.tid());
        head("tgid", event.tgid());
        if (event.source() != Source.SIMULATOR) {
            line.append(" source=").append(event.source());
        }
        event.forEachField(fields);
        out.append(line).append('\n');
    }

    private void ground(SessionStart start) throws IOException {
        List<String> streams = start.streams();
        if (streams != null && !streams.equals(Ground.allStreams())) {
            out.append("# streams ")
                    .append(streams.isEmpty() ? "-" : String.join(" ", streams))
                    .append('\n');
        }
        line.setLength(0);
        start.forEachField(new Fields() {
            @Override
            StringBuilder key(FieldSpec field) {
                return GROUND_OF_READER.contains(field.name()) ? new StringBuilder() : super.key(field);
            }
        });
        if (line.length() > 0) {
            out.append("# given").append(line).append('\n');
        }
    }

    private void head(String key, int value) {
        if (value != 0) {
            line.append(' ').append(key).append('=');
            id(value, line);
        }
    }

    private void id(long id, StringBuilder to) {
        String name = symbols == null ? null : symbols.name(id);
        if (name == null) {
            to.append(id);
        } else {
            to.append(name);
        }
    }

    private class Fields implements FieldVisitor {
        StringBuilder key(FieldSpec field) {
            return line.append(' ').append(field.name()).append('=');
        }

        @Override
        public void number(FieldSpec field, long value) {
            put(field, value, key(field));
        }

        private void put(FieldSpec field, long value, StringBuilder to) {
            if (field.idKind() == null) {
                to.append(value);
            } else {
                id(value, to);
            }
        }

        @Override
        public void flag(FieldSpec field, boolean value) {
            key(field).append(value);
        }

        @Override
        public void text(FieldSpec field, String value) {
            key(field).append(LineScanner.quotedIfNeeded(value));
        }

        @Override
        public void bytes(FieldSpec field, byte[] value) {
            key(field).append(value.length == 0 ? "-" : "0x" + HexFormat.of().formatHex(value));
        }

        @Override
        public void symbol(FieldSpec field, String value) {
            key(field).append(value);
        }

        @Override
        public void numbers(FieldSpec field, LongList value) {
            StringBuilder to = key(field);
            if (value.isEmpty()) {
                to.append('-');
            }
            for (int i = 0; i < value.size(); i++) {
                if (i > 0) {
                    to.append(',');
                }
                put(field, value.get(i), to);
            }
        }

        @Override
        public void symbols(FieldSpec field, List<String> value) {
            key(field).append(value.isEmpty() ? "-" : String.join("+", value));
        }

        @Override
        public void texts(FieldSpec field, List<String> value) {
            key(field)
                    .append(
                            value.isEmpty()
                                    ? "-"
                                    : String.join(
                                            ",",
                                            value.stream()
                                                    .map(LineScanner::quotedIfNeeded)
                                                    .toList()));
        }
    }

    /** The trace text of one event, without the line's end. */
    public static String line(Event event) {
        return line(event, new Symbols());
    }

    /** The trace text of one event with the names that its trace gives to ids, without the line's end. */
    public static String line(Event event, Symbols symbols) {
        StringBuilder text = new StringBuilder();
        try {
            TraceWriter writer = new TraceWriter(text);
            writer.symbols = symbols;
            writer.write(event);
        } catch (IOException e) {
            throw new IllegalStateException("a StringBuilder does not fail", e);
        }
        return text.substring(0, text.length() - 1);
    }
}
