package dev.fenceline.cli;

import dev.fenceline.recorder.kafka.EventEmitter;
import dev.fenceline.recorder.replay.Replay;
import dev.fenceline.recorder.replay.ReplayPace;
import dev.fenceline.recorder.replay.ReplayReport;
import dev.fenceline.recorder.store.SessionRecord;
import dev.fenceline.stack.CheckedSession;
import dev.fenceline.stack.Stack;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A recorded session once more. */
@Command(
        name = "replay",
        description = {
            "Send a recorded session to Kafka again, as a new session that says what it replays, and verify that it is",
            "the same to the bit."
        },
        footer = {"", "Examples:", "  fenceline replay 3", "  fenceline replay 5f1c --speed 1"})
final class ReplayCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions options = new CommonOptions();

    @Mixin
    private final KafkaOptions kafka = new KafkaOptions();

    @Parameters(
            paramLabel = "SESSION",
            description = "Its number, or how its uuid begins; fenceline sessions lists them.")
    private String session = "";

    @Option(
            names = "--speed",
            paramLabel = "X",
            description = "How many times faster than it was recorded; 1 is real time. Default: as fast as possible.")
    private double speed = Double.POSITIVE_INFINITY;

    @Override
    public Integer call() throws InterruptedException {
        if (!(speed > 0)) {
            throw UserError.badUse("--speed wants a positive number, not " + speed);
        }
        Output out = options.output();
        try (Stack stack = Stacks.forCommand(options, kafka)) {
            SessionRecord recorded = SessionArgument.find(stack.store(), session);
            if (!recorded.ended()) {
                throw UserError.badUse(
                        "session " + session + " has no end: its simulation was interrupted, or goes on, so that"
                                + " nobody could tell when a replay is complete; check and sql take it as it is");
            }
            ReplayReport report = replay(stack, recorded, new ReplayPace(speed));
            CheckedSession checked = Stacks.awaitChecked(stack, report.session(), report.events());
            if (out.json()) {
                Map<String, Object> result = new LinkedHashMap<>();
                result.put("session", report.session().toString());
                result.put("replay_of", report.replayOf().toString());
                result.put("emitted", report.emitted().acknowledged());
                result.put("landed", checked.landed());
                result.put("checked", checked.checked());
                result.put("alerts", checked.alerts());
                result.put("replay_digest_equal", report.digestEqual());
                out.json(result);
            } else {
                out.say("session " + report.session() + " replays " + report.replayOf() + ": " + report.events()
                        + " events, " + checked.alerts() + " alerts");
                out.say(report.digestEqual() ? "replay digest equal" : "replay digest DIFFERS");
            }
            return report.digestEqual() ? ExitCode.FINE : ExitCode.VIOLATIONS;
        }
    }

    /** Replays a session through the stack's Kafka. */
    static ReplayReport replay(Stack stack, SessionRecord recorded, ReplayPace pace) throws InterruptedException {
        try (EventEmitter emitter = EventEmitter.open(stack.kafka());
                Progress progress = Progress.of("replaying", recorded.events())) {
            Replay replay = new Replay(recorded, sink -> stack.store().events(recorded, sink), UUID.randomUUID(), pace);
            return replay.run(emitter, seq -> progress.step());
        }
    }
}
