package dev.fenceline.cli;

import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
import dev.fenceline.event.Outcome;
import dev.fenceline.event.Verdict;
import dev.fenceline.recorder.store.SessionRecord;
import dev.fenceline.stack.SessionAlerts;
import dev.fenceline.stack.StoreAccess;
import dev.fenceline.text.EventJson;
import dev.fenceline.text.Expectation;
import dev.fenceline.text.Symbols;
import dev.fenceline.text.Trace;
import dev.fenceline.text.TraceReader;
import dev.fenceline.text.TraceTextException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The rules over files or a recorded session, without Kafka or Flink. */
@Command(
        name = "check",
        description = {
            "Check traces or a recorded session against all rules.",
            "A file is trace text (or JSON lines, if its name ends in .jsonl; - is standard input). Where it states",
            "expectations (=> RULE@seq, => RULE none, => none) these must be met; otherwise no rule may be violated."
        },
        footer = {
            "",
            "Examples:",
            "  fenceline check bug.trace",
            "  fenceline check *.trace --json",
            "  fenceline check 3"
        })
final class CheckCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions options = new CommonOptions();

    @Option(names = "--verdicts", description = "Show the verdict of every rule, with its reason.")
    private boolean verdicts;

    @Parameters(
            paramLabel = "FILE|SESSION",
            arity = "1..*",
            description = "Trace files, or sessions by number or uuid.")
    private List<String> subjects = new ArrayList<>();

    private final List<Map<String, @Nullable Object>> results = new ArrayList<>();
    private int exitCode = ExitCode.FINE;

    @Override
    public Integer call() throws IOException {
        Output out = options.output();
        for (String subject : subjects) {
            try {
                if (subject.equals("-") || Files.exists(Path.of(subject))) {
                    checkFile(subject, out);
                } else if (looksLikeFile(subject)) {
                    throw UserError.badUse("there is no file " + subject);
                } else {
                    checkSession(subject, out);
                }
            } catch (TraceTextException e) {
                if (subjects.size() == 1 && !out.json()) {
                    throw e;
                }
                unreadable(subject, String.valueOf(e.getMessage()), out);
            } catch (CharacterCodingException e) {
                unreadable(subject, subject + " is no text in UTF-8", out);
            } catch (IOException e) {
                unreadable(subject, "cannot read " + subject + ": " + e.getMessage(), out);
            }
        }
        if (out.json()) {
            out.json(results);
        }
        return exitCode;
    }

    private static boolean looksLikeFile(String subject) {
        return subject.contains("/") || subject.contains(".");
    }

    private void unreadable(String subject, String message, Output out) {
        Map<String, @Nullable Object> result = new LinkedHashMap<>();
        result.put("file", subject);
        result.put("ok", false);
        result.put("expected", List.of());
        result.put("found", List.of());
        result.put("error", message);
        results.add(result);
        options.note(message);
        exitCode = ExitCode.BAD_USE;
        out.flush();
    }

    private void checkFile(String file, Output out) throws IOException {
        List<Map<String, @Nullable Object>> traces = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        List<String> found = new ArrayList<>();
        List<String> differences = new ArrayList<>();
        read(file, trace -> {
            CheckedTrace checked = CheckedTrace.of(trace);
            warnOfCorruption(file, checked);
            List<String> wrong = checked.differences(trace.expectations());
            List<String> wanted =
                    trace.expectations().stream().map(Expectation::toString).toList();
            Map<String, @Nullable Object> result = new LinkedHashMap<>();
            result.put("line", trace.line());
            result.put("ok", wrong.isEmpty());
            result.put("expected", wanted);
            result.put("found", checked.found());
            result.put(
                    "alerts",
                    checked.alerts().stream().map(a -> AlertText.json(a, null)).toList());
            result.put("verdicts", verdictsJson(checked));
            traces.add(result);
            expected.addAll(wanted);
            found.addAll(checked.found());
            wrong.forEach(difference -> differences.add("line " + trace.line() + ": " + difference));
            if (!out.json()) {
                show(checked, index(trace.events()), trace.symbols(), out);
            }
        });
        if (traces.isEmpty()) {
            throw UserError.badUse(file + " holds no trace");
        }
        Map<String, @Nullable Object> result = new LinkedHashMap<>();
        result.put("file", file);
        result.put("ok", differences.isEmpty());
        result.put("expected", expected);
        result.put("found", found);
        result.put("differences", differences);
        result.put("traces", traces);
        conclude(file, result, differences, expected.isEmpty(), out);
    }

    private static void read(String file, Consumer<Trace> traces) throws IOException {
        try (BufferedReader reader = file.equals("-")
                ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                : Files.newBufferedReader(Path.of(file))) {
            if (file.endsWith(".jsonl")) {
                traces.accept(jsonTrace(file, reader));
            } else {
                TraceReader.read(file, reader, traces);
            }
        }
    }

    private static Trace jsonTrace(String file, BufferedReader reader) throws IOException {
        List<Event> events = new ArrayList<>();
        int line = 0;
        for (String text = reader.readLine(); text != null; text = reader.readLine()) {
            line++;
            if (!text.isBlank()) {
                try {
                    events.add(EventJson.read(text));
                } catch (IOException e) {
                    throw UserError.badUse(file + ":" + line + ": "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
                }
            }
        }
        return Trace.whole(events);
    }

    private void checkSession(String designation, Output out) {
        try (StoreAccess store = StoreAccess.of(options.dataDirectory())) {
            SessionRecord session = SessionArgument.find(store, designation);
            CheckedTrace checked = CheckedTrace.of(sink -> store.events(session, sink));
            warnOfCorruption(session.uuid().toString(), checked);
            List<String> differences = checked.differences(List.of());
            if (!out.json()) {
                show(checked, SessionAlerts.witnesses(store, session, checked.alerts()), new Symbols(), out);
            }
            Map<String, @Nullable Object> result = new LinkedHashMap<>();
            result.put("file", session.uuid().toString());
            result.put("ok", differences.isEmpty());
            result.put("expected", List.of());
            result.put("found", checked.found());
            result.put("differences", differences);
            result.put("events", checked.events());
            result.put(
                    "alerts",
                    checked.alerts().stream()
                            .map(alert -> AlertText.json(alert, session.uuid().toString()))
                            .toList());
            result.put("verdicts", verdictsJson(checked));
            conclude(session.uuid().toString(), result, differences, true, out);
        }
    }

    private static Map<Long, Event> index(List<Event> events) {
        Map<Long, Event> index = new TreeMap<>();
        events.forEach(event -> index.put(event.seq(), event));
        return index;
    }

    /** A recording that contradicts itself proves nothing, which must not look like a clean bill. */
    private void warnOfCorruption(String subject, CheckedTrace checked) {
        checked.verdicts().stream()
                .filter(verdict -> verdict.outcome() == Outcome.CORRUPT)
                .findFirst()
                .ifPresent(verdict -> options.note(
                        subject + " contradicts itself, so that rules cannot judge it: " + verdict.reason()));
    }

    private void show(CheckedTrace checked, Map<Long, Event> events, Symbols symbols, Output out) {
        for (Alert alert : checked.alerts()) {
            AlertText.lines(alert, events, symbols).forEach(out::say);
        }
        if (verdicts) {
            out.table(
                    List.of("rule", "verdict", "reason"),
                    checked.verdicts().stream()
                            .map(v -> List.of(
                                    String.valueOf(v.rule()), v.outcome(), v.reason() == null ? "" : v.reason()))
                            .toList());
        }
    }

    private static Map<String, @Nullable Object> verdictsJson(CheckedTrace checked) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        for (Verdict verdict : checked.verdicts()) {
            json.put(String.valueOf(verdict.rule()), verdict.outcome().name());
        }
        return json;
    }

    private void conclude(
            String subject, Map<String, @Nullable Object> result, List<String> differences, boolean bare, Output out) {
        results.add(result);
        if (!differences.isEmpty() && exitCode == ExitCode.FINE) {
            exitCode = ExitCode.VIOLATIONS;
        }
        if (!out.json()) {
            if (differences.isEmpty()) {
                out.say(subject + ": ok" + (bare ? "" : ", as expected"));
            } else {
                differences.forEach(difference -> out.say(subject + ": " + difference));
            }
        }
    }
}
