package dev.fenceline.cli;

import dev.fenceline.stack.CheckedSession;
import dev.fenceline.stack.DataDirectory;
import dev.fenceline.stack.EmbeddedStack;
import dev.fenceline.stack.JoinedStack;
import dev.fenceline.stack.RunningStack;
import dev.fenceline.stack.SessionWatch;
import dev.fenceline.stack.Stack;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/** The stack that a command works with. */
final class Stacks {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private Stacks() {}

    /** The stack that is up on the data directory, else one of this command's own for as long as it runs. */
    static Stack forCommand(CommonOptions options, KafkaOptions kafka) {
        DataDirectory directory = options.writableDataDirectory();
        Optional<RunningStack> running = RunningStack.on(directory);
        if (running.isPresent()) {
            if (kafka.named().isPresent()) {
                throw UserError.badUse("a stack with a Kafka of its own is up on " + directory.root()
                        + "; leave out --bootstrap, or choose another --data DIR");
            }
            return new JoinedStack(running.get(), directory);
        }
        return EmbeddedStack.start(directory, EmbeddedStack.Options.defaults().kafka(kafka.named()));
    }

    static CheckedSession awaitChecked(Stack stack, UUID session, long events) {
        try (Progress progress = Progress.of("recording", events)) {
            return new SessionWatch(stack).await(session, events, PATIENCE, progress::to);
        }
    }
}
