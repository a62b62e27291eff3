package dev.fenceline.analytics.rules;

import dev.fenceline.analytics.check.SessionCheck;
import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
import dev.fenceline.text.Trace;
import dev.fenceline.text.TraceReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The trace files of the rules: {@code rules/ID/breaks-*.trace} and {@code legal-*.trace}. */
public final class RuleTraces {
    private static final Path RESOURCES = Path.of("..", "analytics", "src", "test", "resources");

    private RuleTraces() {}

    /**
     * One trace file.
     *
     * @param rule the id of the rule it is about
     * @param name the file name without its ending
     * @param text the file as it is written
     */
    public record RuleTrace(String rule, String name, String text, Trace trace) {
        public boolean breaks() {
            return name.startsWith("breaks-");
        }

        @Override
        public String toString() {
            return rule + " " + name;
        }
    }

    /** All of them, by rule and name; the files are read once. */
    public static List<RuleTrace> all() {
        return All.TRACES;
    }

    /** Legal recordings from their {@code session_start} on, which a rule cannot judge for what they leave unsaid. */
    static List<RuleTrace> recordings() {
        return load(RESOURCES.resolve("recordings"));
    }

    private static final class All {
        static final List<RuleTrace> TRACES = List.copyOf(load(RESOURCES.resolve("rules")));
    }

    private static List<RuleTrace> load(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            List<RuleTrace> traces = new ArrayList<>();
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".trace")).sorted().toList()) {
                traces.add(read(file));
            }
            return traces;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static RuleTrace read(Path file) throws IOException {
        String name = String.valueOf(file.getFileName()).replace(".trace", "");
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            List<Trace> traces = TraceReader.read(name, reader);
            if (traces.size() != 1) {
                throw new IOException(file + " holds " + traces.size() + " traces");
            }
            return new RuleTrace(
                    String.valueOf(file.getName(file.getNameCount() - 2)), name, Files.readString(file), traces.get(0));
        }
    }

    /** The alerts of a check of these events. */
    public static List<Alert> alerts(List<? extends Event> events) {
        return check(events).stream()
                .filter(Alert.class::isInstance)
                .map(Alert.class::cast)
                .toList();
    }

    /** Everything that a check of these events gives out. */
    public static List<Event> check(List<? extends Event> events) {
        List<Event> out = new ArrayList<>();
        SessionCheck check = new SessionCheck(RuleCatalogue.all());
        for (Event event : events) {
            check.apply(event, out::add);
        }
        check.finish(out::add);
        return out;
    }
}
