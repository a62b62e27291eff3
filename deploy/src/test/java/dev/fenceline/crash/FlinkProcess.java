package dev.fenceline.crash;

import dev.fenceline.analytics.flink.RulesJobOptions;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.stack.EmbeddedFlink;
import java.nio.file.Path;
import java.time.Duration;

/** The rules job on a directory. */
final class FlinkProcess {
    /** What it says after "ready" if it went on from a checkpoint. */
    static final String RESTORED = "from a checkpoint";

    private FlinkProcess() {}

    public static void main(String[] arguments) throws Exception {
        RulesJobOptions job =
                RulesJobOptions.on(KafkaEndpoint.at(arguments[0])).withCheckpointInterval(Duration.ofMillis(200));
        try (EmbeddedFlink flink = EmbeddedFlink.start(Path.of(arguments[1]), job)) {
            flink.awaitRunning();
            Parent.say("ready " + (flink.restoredFrom().isPresent() ? RESTORED : "from the oldest event"));
            Parent.listen(line -> {});
        }
    }
}
