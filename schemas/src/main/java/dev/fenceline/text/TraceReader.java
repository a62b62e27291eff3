package dev.fenceline.text;

import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads trace text.
 *
 * <p>A line is an event ({@code seq [time] name key=value ...}), a comment ({@code # ...}), a header line of a fragment ({@code #
 * streams}, {@code # driver}, {@code # given}) or an expectation ({@code => RULE@seq}); blank lines separate traces. Anything else
 * is an error that names the line and suggests the nearest name.
 */
public final class TraceReader {
    private static final Pattern EXPECTATION =
            Pattern.compile("=>\\s*(?:(none)|([A-Z][A-Z0-9-]*)(?:@([0-9]{1,18})|\\s+none))\\s*(?:#.*)?");

    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final String file;
    private final Consumer<Trace> traces;

    private int line;
    private int firstLine;
    private Ground ground = new Ground();
    private Symbols symbols = new Symbols();
    private FenceIdentities fences = new FenceIdentities();
    private List<Event> events = new ArrayList<>();
    private List<Expectation> expectations = new ArrayList<>();
    private long ts;

    private TraceReader(String file, Consumer<Trace> traces) {
        this.file = file;
        this.traces = traces;
    }

    /**
     * Reads all traces of a text.
     *
     * @param file how errors name the text
     * @throws TraceTextException at the first line that cannot be read
     */
    public static List<Trace> read(String file, Reader text) throws IOException {
        List<Trace> traces = new ArrayList<>();
        read(file, text, traces::add);
        return traces;
    }

    /** Reads the traces of a text one by one. */
    public static void read(String file, Reader text, Consumer<Trace> traces) throws IOException {
        TraceReader reader = new TraceReader(file, traces);
        BufferedReader lines = text instanceof BufferedReader buffered ? buffered : new BufferedReader(text);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            reader.line++;
            boolean marked = reader.line == 1 && line.startsWith(BYTE_ORDER_MARK);
            reader.line((marked ? line.substring(1) : line).strip());
        }
        reader.end();
    }

    private void line(String text) {
        if (text.isEmpty()) {
            end();
        } else if (text.startsWith("#")) {
            if (ground.header(file, line, text.substring(1)) && !events.isEmpty()) {
                throw new TraceTextException(
                        file, line, "a header line must stand before the first event of its trace");
            }
        } else if (text.startsWith("=>")) {
            expectations.add(expectation(text));
        } else {
            event(text);
        }
    }

    private void event(String text) {
        if (events.isEmpty()) {
            firstLine = line;
        }
        fences.nextLine();
        Event event = new EventLine(file, line, symbols, fences).read(LineScanner.words(file, line, text), ts);
        ts = event.ts();
        events.add(event);
    }

    private Expectation expectation(String text) {
        Matcher matcher = EXPECTATION.matcher(text);
        if (!matcher.matches()) {
            throw new TraceTextException(file, line, "want => RULE@SEQ, => RULE none or => none, not '" + text + "'");
        }
        if (matcher.group(1) != null) {
            return new Expectation(line, null, null);
        }
        @Nullable String seq = matcher.group(3);
        return new Expectation(line, matcher.group(2), seq == null ? null : Long.valueOf(seq));
    }

    /** Ends a trace. Header lines apart from their events by a blank line still belong to the trace that follows. */
    private void end() {
        if (events.isEmpty()) {
            if (!expectations.isEmpty()) {
                throw new TraceTextException(
                        file, expectations.get(0).line(), "expectations without events before them");
            }
            return;
        }
        boolean fragment = events.get(0).eventType() != EventType.SESSION_START;
        if (fragment) {
            events.add(0, ground.before(events, fences));
        }
        traces.accept(new Trace(firstLine, fragment, List.copyOf(events), List.copyOf(expectations), symbols));
        ground = new Ground();
        symbols = new Symbols();
        fences = new FenceIdentities();
        events = new ArrayList<>();
        expectations = new ArrayList<>();
        ts = 0;
    }
}
