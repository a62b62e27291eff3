package dev.fenceline.cli;

import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
import dev.fenceline.recorder.kafka.EmitReport;
import dev.fenceline.recorder.replay.ReplayPace;
import dev.fenceline.recorder.replay.ReplayReport;
import dev.fenceline.recorder.store.SessionRecord;
import dev.fenceline.recorder.store.SqlRejectedException;
import dev.fenceline.recorder.store.SqlResult;
import dev.fenceline.simulator.Fault;
import dev.fenceline.simulator.Faults;
import dev.fenceline.simulator.Limits;
import dev.fenceline.simulator.Scenario;
import dev.fenceline.simulator.Simulation;
import dev.fenceline.stack.CheckedSession;
import dev.fenceline.stack.SessionAlerts;
import dev.fenceline.stack.Stack;
import dev.fenceline.text.Symbols;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Everything once, on this machine. */
@Command(
        name = "demo",
        description = {
            "Simulate a workload with the first seven faults that can happen in it, stream the events through Kafka, record them in",
            "DuckDB, check the rules in Flink, show the alerts with their proof, ask a question in SQL, and replay it all."
        },
        footer = {"", "Examples:", "  fenceline demo", "  fenceline demo debugger-session --seed 7 --json"})
final class DemoCommand implements Callable<Integer> {
    /** With many more in one run they hide each other: a recording that contradicts itself closes rules. */
    private static final int FAULTS = 7;

    private static final String QUESTION = """
            SELECT i.driver, i.timeline, count(*) AS fences,
                   round(median(s.ts - i.ts) / 1000, 1) AS median_us, round(max(s.ts - i.ts) / 1000, 1) AS max_us
            FROM dma_fence_init i JOIN dma_fence_signaled s USING (session, fence)
            WHERE session = %d GROUP BY ALL ORDER BY ALL""";

    @Mixin
    private final CommonOptions options = new CommonOptions();

    @Mixin
    private final KafkaOptions kafka = new KafkaOptions();

    @Parameters(
            paramLabel = "SCENARIO",
            arity = "0..1",
            description = "What runs; fenceline scenarios lists them. Default: ${DEFAULT-VALUE}.",
            defaultValue = "debugger-session")
    private String scenario = "";

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Which of the ways it can go. Default: ${DEFAULT-VALUE}.",
            defaultValue = "1")
    private long seed;

    @Override
    public Integer call() throws InterruptedException, SqlRejectedException {
        Scenario chosen = Choices.scenario(scenario);
        List<Fault> faults = Faults.all().stream()
                .filter(fault -> fault.scenarios().contains(chosen.name()))
                .limit(FAULTS)
                .toList();
        Output out = options.output();
        out.say("starting broker, recorder and rules job in "
                + options.dataDirectory().root() + " ...");
        try (Stack stack = Stacks.forCommand(options, kafka)) {
            UUID session = UUID.randomUUID();
            out.say("simulating " + chosen.name() + ", seed " + seed + ", with "
                    + String.join(", ", faults.stream().map(Fault::name).toList()));
            Simulation simulation =
                    Simulation.of(chosen, seed, faults, Limits.none()).recordedAs(session);
            EmitReport emitted = SimulateCommand.emit(stack, simulation, session);
            CheckedSession checked = Stacks.awaitChecked(stack, session, emitted.acknowledged());
            SessionRecord record = SessionArgument.find(stack.store(), session.toString());
            List<Alert> alerts = SessionAlerts.of(stack.store(), record);
            SqlResult answer = stack.store().query(QUESTION.formatted(record.number()), 100);
            if (!out.json()) {
                show(stack, record, emitted, checked, alerts, answer);
            }
            ReplayReport replay = ReplayCommand.replay(stack, record, ReplayPace.AS_FAST_AS_POSSIBLE);
            CheckedSession replayed = Stacks.awaitChecked(stack, replay.session(), replay.events());
            List<String> missed = missed(faults, alerts);
            boolean good = emitted.acknowledged() == checked.landed()
                    && checked.landed() == checked.checked()
                    && replay.digestEqual()
                    && replayed.alerts() == checked.alerts()
                    && missed.isEmpty();
            if (out.json()) {
                out.json(json(session, emitted, checked, alerts, replay, missed));
            } else {
                out.say("replayed as session " + replay.session() + ": " + replayed.landed() + " events, "
                        + replayed.alerts() + " alerts");
                out.say(replay.digestEqual() ? "replay digest equal" : "replay digest DIFFERS");
                missed.forEach(fault -> out.say("MISSED: " + fault));
            }
            return good ? ExitCode.FINE : ExitCode.FAILURE;
        }
    }

    /** The injected faults whose rule raised no alert. */
    private static List<String> missed(List<Fault> faults, List<Alert> alerts) {
        Set<String> rules = new TreeSet<>();
        alerts.forEach(alert -> rules.add(String.valueOf(alert.rule())));
        return faults.stream()
                .filter(fault -> !rules.contains(fault.rule()))
                .map(fault -> fault.name() + " should break " + fault.rule())
                .toList();
    }

    private void show(
            Stack stack,
            SessionRecord record,
            EmitReport emitted,
            CheckedSession checked,
            List<Alert> alerts,
            SqlResult answer) {
        Output out = options.output();
        out.say("session " + record.uuid());
        out.say("events emitted = " + emitted.acknowledged() + ", landed = " + checked.landed() + ", checked = "
                + checked.checked());
        out.say("");
        Map<Long, Event> witnesses = SessionAlerts.witnesses(stack.store(), record, alerts);
        for (Alert alert : alerts) {
            AlertText.lines(alert, witnesses, new Symbols()).forEach(out::say);
        }
        out.say("");
        out.say("How long did fences take? (fenceline sql)");
        out.table(answer.columns().stream().map(SqlResult.Column::name).toList(), answer.rows());
        out.say("");
    }

    private static Map<String, @Nullable Object> json(
            UUID session,
            EmitReport emitted,
            CheckedSession checked,
            List<Alert> alerts,
            ReplayReport replay,
            List<String> missed) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("session", session.toString());
        json.put("emitted", emitted.acknowledged());
        json.put("landed", checked.landed());
        json.put("checked", checked.checked());
        List<Map<String, @Nullable Object>> alertsJson = new ArrayList<>();
        alerts.forEach(alert -> alertsJson.add(AlertText.json(alert, session.toString(), new Symbols())));
        json.put("alerts", alertsJson);
        json.put("missed", missed);
        json.put("replay", replay.session().toString());
        json.put("replay_digest_equal", replay.digestEqual());
        return json;
    }
}
