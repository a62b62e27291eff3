package dev.fenceline.cli;

import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
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
            "expectations (=> RULE@seq, => RULE none, => none) these must be met; otherwise no rule may be violated.",
            "A recording that contradicts itself, or is not what was recorded by its digest, is never ok."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:no rule is violated, or all is as expected",
            "1:a rule is violated, an expectation not met, or a recording contradicts itself",
            "2:bad use, or a file that cannot be read to its end: what was found before that place is shown (in --json"
                    + " too, with the error), what follows it was not checked; other files were",
            "3:the command could not do its work"
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
    public Integer call() {
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
            } catch (UserError e) {
                Map<String, @Nullable Object> result = new LinkedHashMap<>();
                result.put("file", subject);
                result.put("ok", false);
                result.put("expected", List.of());
                result.put("found", List.of());
                result.put("error", e.getMessage());
                results.add(result);
                fail(String.valueOf(e.getMessage()), e.exitCode());
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

    /** Says what went wrong and goes on with the next subject. */
    private void fail(String message, int code) {
        options.note(message);
        exitCode = Math.max(exitCode, code);
    }

    private void checkFile(String file, Output out) {
        List<Map<String, @Nullable Object>> traces = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        List<String> found = new ArrayList<>();
        List<String> differences = new ArrayList<>();
        List<String> unjudged = new ArrayList<>();
        String error = read(file, trace -> {
            CheckedTrace checked = CheckedTrace.of(trace);
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
                    checked.alerts().stream()
                            .map(alert -> AlertText.json(alert, null, trace.symbols()))
                            .toList());
            result.put("verdicts", verdictsJson(checked));
            traces.add(result);
            expected.addAll(wanted);
            found.addAll(checked.found());
            wrong.forEach(difference -> differences.add("line " + trace.line() + ": " + difference));
            String reason = checked.unjudged();
            if (reason != null) {
                unjudged.add("line " + trace.line() + ": nothing could be judged: "
                        + trace.symbols().named(reason));
            }
            if (!out.json()) {
                show(checked, index(trace.events()), trace.symbols(), out);
            }
            requireKnownRules(file, trace.expectations());
        });
        if (error == null && traces.isEmpty()) {
            error = file + " holds no trace";
        }
        Map<String, @Nullable Object> result = new LinkedHashMap<>();
        result.put("file", file);
        result.put("ok", error == null && differences.isEmpty());
        result.put("expected", expected);
        result.put("found", found);
        result.put("differences", differences);
        result.put("unjudged", unjudged);
        result.put("traces", traces);
        if (error != null) {
            result.put("error", error);
            fail(error, ExitCode.BAD_USE);
        }
        results.add(result);
        tellDifferences(file, differences, out);
        unjudged.forEach(trace -> out.say(file + ": " + trace));
        if (error == null && differences.isEmpty()) {
            if (!expected.isEmpty()) {
                out.say(file + ": ok, as expected");
            } else if (unjudged.size() < traces.size()) {
                out.say(file + ": ok");
            }
        }
    }

    private static void requireKnownRules(String file, List<Expectation> expectations) {
        for (Expectation expectation : expectations) {
            String rule = expectation.rule();
            if (rule != null && RuleCatalogue.all().rule(rule) == null) {
                throw UserError.badUse(file + ":" + expectation.line() + ": there is no rule " + rule
                        + "; fenceline rules lists them");
            }
        }
    }

    /** Reads the traces of a file; what keeps it from reading on, null if it came to the end. */
    private static @Nullable String read(String file, Consumer<Trace> traces) {
        try {
            parse(file, traces);
            return null;
        } catch (TraceTextException | UserError e) {
            return String.valueOf(e.getMessage());
        } catch (CharacterCodingException e) {
            return file + " is no text in UTF-8";
        } catch (IOException e) {
            return "cannot read " + file + ": " + e.getMessage();
        }
    }

    private static void parse(String file, Consumer<Trace> traces) throws IOException {
        try (BufferedReader reader = file.equals("-")
                ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                : Files.newBufferedReader(Path.of(file))) {
            if (file.endsWith(".jsonl")) {
                List<Event> events = jsonEvents(file, reader);
                if (!events.isEmpty()) {
                    traces.accept(Trace.whole(events));
                }
            } else {
                TraceReader.read(file, reader, traces);
            }
        }
    }

    private static List<Event> jsonEvents(String file, BufferedReader reader) throws IOException {
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
        return events;
    }

    private void checkSession(String designation, Output out) {
        try (StoreAccess store = StoreAccess.of(options.dataDirectory())) {
            SessionRecord session = SessionArgument.find(store, designation);
            CheckedTrace checked = CheckedTrace.ofSession(
                    sink -> store.events(session, sink), Boolean.FALSE.equals(session.digestOk()));
            List<String> differences = checked.differences(List.of());
            if (!out.json()) {
                show(checked, SessionAlerts.witnesses(store, session, checked.alerts()), new Symbols(), out);
            }
            String uuid = session.uuid().toString();
            String unjudged = checked.unjudged();
            Map<String, @Nullable Object> result = new LinkedHashMap<>();
            result.put("file", uuid);
            result.put("ok", differences.isEmpty());
            result.put("expected", List.of());
            result.put("found", checked.found());
            result.put("differences", differences);
            result.put("unjudged", unjudged == null ? List.of() : List.of("nothing could be judged: " + unjudged));
            result.put("events", checked.events());
            result.put(
                    "alerts",
                    checked.alerts().stream()
                            .map(alert -> AlertText.json(alert, uuid, new Symbols()))
                            .toList());
            result.put("verdicts", verdictsJson(checked));
            results.add(result);
            tellDifferences(uuid, differences, out);
            if (differences.isEmpty()) {
                out.say(uuid + ": " + (unjudged == null ? "ok" : "nothing could be judged: " + unjudged));
            }
        }
    }

    private static Map<Long, Event> index(List<Event> events) {
        Map<Long, Event> index = new TreeMap<>();
        events.forEach(event -> index.put(event.seq(), event));
        return index;
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
                                    String.valueOf(v.rule()),
                                    v.outcome(),
                                    v.reason() == null ? "" : symbols.named(v.reason())))
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

    private void tellDifferences(String subject, List<String> differences, Output out) {
        if (!differences.isEmpty()) {
            exitCode = Math.max(exitCode, ExitCode.VIOLATIONS);
        }
        differences.forEach(difference -> out.say(subject + ": " + difference));
    }
}
