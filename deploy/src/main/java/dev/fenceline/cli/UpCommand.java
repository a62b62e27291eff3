package dev.fenceline.cli;

import dev.fenceline.stack.DataDirectory;
import dev.fenceline.stack.EmbeddedStack;
import dev.fenceline.stack.RunningStack;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The embedded stack in the foreground. */
@Command(
        name = "up",
        description = {
            "Run broker, recorder and rules job in the foreground until interrupted.",
            "Other commands on the same data directory find it by themselves."
        },
        footer = {"", "Example: fenceline up --port 9092"})
final class UpCommand implements Callable<Integer> {
    private static final long HEALTH_CHECK_MS = 500;
    private static final int HIGHEST_PORT = 65_535;

    @Mixin
    private final CommonOptions options = new CommonOptions();

    @Mixin
    private final KafkaOptions kafka = new KafkaOptions();

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "Where the embedded broker listens, on loopback. Default: any free port.",
            defaultValue = "0")
    private int port;

    @Override
    public Integer call() throws InterruptedException {
        if (port < 0 || port > HIGHEST_PORT) {
            throw UserError.badUse("--port wants a port from 1 to " + HIGHEST_PORT + ", or 0 for any, not " + port);
        }
        DataDirectory directory = options.writableDataDirectory();
        RunningStack.on(directory).ifPresent(stack -> {
            throw UserError.badUse("a stack is already up on " + directory.root() + ": pid " + stack.pid()
                    + ", Kafka at " + stack.bootstrap() + "; stop it, or choose another --data DIR");
        });
        CountDownLatch interrupted = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        try (EmbeddedStack stack = EmbeddedStack.start(
                directory, EmbeddedStack.Options.defaults().kafka(kafka.named()).port(port))) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                interrupted.countDown();
                awaitQuietly(closed);
            }));
            announce(stack, directory);
            while (!interrupted.await(HEALTH_CHECK_MS, TimeUnit.MILLISECONDS)) {
                stack.requireHealthy();
            }
        } finally {
            closed.countDown();
        }
        return ExitCode.FINE;
    }

    private void announce(EmbeddedStack stack, DataDirectory directory) {
        Output out = options.output();
        if (out.json()) {
            Map<String, Object> where = new LinkedHashMap<>();
            where.put("bootstrap", stack.kafka().bootstrapServers());
            where.put("data", directory.root().toString());
            out.json(where);
        } else {
            out.say("up: Kafka at " + stack.kafka().bootstrapServers() + ", store in " + directory.store());
            out.say("Ctrl-C stops it; what it recorded stays.");
        }
    }

    /** The process must not end before the stack has stopped cleanly. */
    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
