package dev.fenceline.cli;

import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.stack.RunningStack;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which Kafka a command talks to. */
final class KafkaOptions {
    @Option(
            names = "--bootstrap",
            paramLabel = "HOST:PORT",
            description = "A Kafka cluster to use instead of the embedded broker; several separated by commas.")
    private @Nullable String bootstrap;

    /** The cluster the user names, if any. */
    Optional<KafkaEndpoint> named() {
        return Optional.ofNullable(bootstrap).map(KafkaEndpoint::at);
    }

    /** The cluster the user names, else the one of the stack that is up. */
    KafkaEndpoint running(CommonOptions options) {
        return named().orElseGet(() -> RunningStack.on(options.dataDirectory())
                .map(stack -> KafkaEndpoint.at(stack.bootstrap()))
                .orElseThrow(() -> UserError.failure(
                        "no stack is up on " + options.dataDirectory().root()
                                + "; start one with: fenceline up, or name a cluster with --bootstrap HOST:PORT")));
    }
}
