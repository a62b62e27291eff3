package dev.fenceline.cli;

import dev.fenceline.event.Event;
import dev.fenceline.recorder.kafka.EmitReport;
import dev.fenceline.recorder.kafka.EventEmitter;
import dev.fenceline.simulator.Fault;
import dev.fenceline.simulator.Limits;
import dev.fenceline.simulator.Scenario;
import dev.fenceline.simulator.Scenarios;
import dev.fenceline.simulator.Simulation;
import dev.fenceline.stack.CheckedSession;
import dev.fenceline.stack.Stack;
import dev.fenceline.text.Durations;
import dev.fenceline.text.EventJson;
import dev.fenceline.text.TraceWriter;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a workload on the simulated kernel. */
@Command(
        name = "simulate",
        description = {
            "Run a scenario on the simulated kernel and send its events to Kafka, where they are recorded and checked,",
            "or to a file. The same scenario, seed, driver and faults give the same events, on every machine."
        },
        footer = {
            "",
            "Examples:",
            "  fenceline simulate compositor --to -",
            "  fenceline simulate compute-under-pressure --seed 7 --fault notifier-returns-before-fences-signal",
            "  fenceline simulate compositor --driver 'amdgpu 6.12' --events 1000000 --to long.trace"
        })
final class SimulateCommand implements Callable<Integer> {
    private static final int FILE_BUFFER = 1 << 20;

    @Mixin
    private final CommonOptions options = new CommonOptions();

    @Mixin
    private final KafkaOptions kafka = new KafkaOptions();

    @Parameters(paramLabel = "SCENARIO", description = "What runs; fenceline scenarios lists them.")
    private String scenario = "";

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Which of the ways it can go. Default: ${DEFAULT-VALUE}.",
            defaultValue = "1")
    private long seed;

    @Option(
            names = "--driver",
            paramLabel = "'NAME RELEASE'",
            description =
                    "The driver of the first GPU and the release of Linux, such as 'amdgpu 7.3'; fenceline scenarios says"
                            + " which a scenario runs on. Default: the first of them.")
    private @Nullable String driver;

    @Option(
            names = "--scale",
            paramLabel = "N",
            description = "How many objects to keep alive, where the scenario's workload grows; at most "
                    + Simulation.LARGEST_SCALE + ".")
    private @Nullable Long scale;

    @Option(
            names = "--fault",
            paramLabel = "NAME",
            description = "Something to go wrong; fenceline faults lists them. May be repeated.")
    private List<String> faults = new ArrayList<>();

    @ArgGroup(exclusive = true)
    private @Nullable Length length;

    @Option(
            names = "--to",
            paramLabel = "kafka|FILE|-",
            description =
                    "Where the events go: Kafka (default), a file, or standard output; a name that ends in .jsonl, or"
                            + " --json with -, gives JSON lines, everything else trace text.",
            defaultValue = "kafka")
    private String to = "";

    /** How long it runs, if not as long as the scenario says. */
    static final class Length {
        @Option(names = "--events", paramLabel = "N", description = "End after about N events.")
        private @Nullable Long events;

        @Option(
                names = "--for",
                paramLabel = "DURATION",
                description = "End after this much virtual time, such as 30s or 5ms.")
        private @Nullable String duration;

        Limits limits() {
            if (events != null) {
                if (events < 2) {
                    throw UserError.badUse("--events wants at least 2: a session has a start and an end");
                }
                return Limits.events(events);
            }
            try {
                return Limits.duration(Durations.parse(String.valueOf(duration)));
            } catch (IllegalArgumentException e) {
                throw UserError.badUse("--for: " + e.getMessage());
            }
        }
    }

    @Override
    public Integer call() throws IOException {
        Scenario chosen = Choices.scenario(scenario);
        List<Fault> injected =
                faults.stream().map(name -> Choices.fault(name, chosen)).toList();
        Limits limits = length == null ? Limits.none() : length.limits();
        Simulation simulation =
                scaled(Simulation.of(chosen, seed, injected, limits, Choices.variant(driver, chosen)), chosen);
        if (to.equals("kafka")) {
            return toKafka(simulation);
        }
        if (to.equals("-")) {
            write(
                    simulation,
                    new OutputStreamWriter(System.out, StandardCharsets.UTF_8),
                    options.output().json());
        } else {
            Path file = Path.of(to);
            try (Writer writer = Files.newBufferedWriter(file)) {
                write(simulation, writer, to.endsWith(".jsonl"));
            } catch (IOException e) {
                throw UserError.failure("cannot write " + file + ": " + e.getMessage());
            }
        }
        return ExitCode.FINE;
    }

    private Simulation scaled(Simulation simulation, Scenario chosen) {
        if (scale == null) {
            return simulation;
        }
        if (!chosen.isScalable()) {
            throw UserError.badUse("no workload of " + chosen.name() + " grows; --scale is for "
                    + String.join(
                            ", ",
                            Scenarios.all().stream()
                                    .filter(Scenario::isScalable)
                                    .map(Scenario::name)
                                    .toList()));
        }
        if (scale <= 0 || scale > Simulation.LARGEST_SCALE) {
            throw UserError.badUse("--scale wants a number from 1 to " + Simulation.LARGEST_SCALE);
        }
        return simulation.scaledTo(scale);
    }

    private void write(Simulation simulation, Writer to, boolean jsonLines) throws IOException {
        BufferedWriter writer = new BufferedWriter(to, FILE_BUFFER);
        TraceWriter text = new TraceWriter(writer);
        try (Progress progress = Progress.of("simulating", expectedEvents())) {
            simulation.run(event -> {
                try {
                    if (jsonLines) {
                        writer.append(EventJson.line(event)).append('\n');
                    } else {
                        text.write(event);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                progress.step();
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        writer.flush();
    }

    private long expectedEvents() {
        return length == null || length.events == null ? -1 : length.events;
    }

    private int toKafka(Simulation simulation) {
        UUID session = UUID.randomUUID();
        Output out = options.output();
        try (Stack stack = Stacks.forCommand(options, kafka)) {
            EmitReport report = emit(stack, simulation.recordedAs(session), session);
            CheckedSession checked = Stacks.awaitChecked(stack, session, report.sent());
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("session", session.toString());
            result.put("emitted", report.acknowledged());
            result.put("landed", checked.landed());
            result.put("checked", checked.checked());
            result.put("alerts", checked.alerts());
            if (out.json()) {
                out.json(result);
            } else {
                out.say("session " + session + ": " + report.acknowledged() + " events emitted, " + checked.landed()
                        + " landed, " + checked.checked() + " checked, " + checked.alerts() + " alerts");
            }
            return checked.alerts() == 0 ? ExitCode.FINE : ExitCode.VIOLATIONS;
        }
    }

    /** Runs the simulation into Kafka. */
    static EmitReport emit(Stack stack, Simulation simulation, UUID session) {
        try (EventEmitter emitter = EventEmitter.open(stack.kafka());
                Progress progress = Progress.of("simulating", -1)) {
            simulation.run((Event event) -> {
                emitter.emit(session, event);
                progress.step();
            });
            emitter.flush();
            return emitter.report();
        }
    }
}
