package dev.fenceline.stack;

import dev.fenceline.analytics.flink.RulesJobOptions;
import dev.fenceline.recorder.Recorder;
import dev.fenceline.recorder.RecorderOptions;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.recorder.kafka.StreamTopics;
import dev.fenceline.recorder.store.Store;
import dev.fenceline.recorder.store.StoreOptions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything in this process, on one data directory: a Kafka broker (unless the user has one), a recorder into a DuckDB file, the
 * rules job on a Flink mini cluster, and a server for readers of the store. All of it keeps its state there: stopped or killed, it
 * goes on where it was.
 */
public final class EmbeddedStack implements Stack {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedStack.class);

    /**
     * How the stack is set up.
     *
     * @param kafka a cluster to use instead of an embedded broker
     * @param port where the embedded broker listens; 0 chooses a free port
     */
    public record Options(Optional<KafkaEndpoint> kafka, int port) {
        public static Options defaults() {
            return new Options(Optional.empty(), 0);
        }

        public Options kafka(Optional<KafkaEndpoint> value) {
            return new Options(value, port);
        }

        public Options port(int value) {
            return new Options(kafka, value);
        }
    }

    /** Alerts become visible at checkpoints: this is how long they wait at most. */
    private static final Duration CHECKPOINT_INTERVAL = Duration.ofMillis(500);

    private final DataDirectory directory;
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final boolean ownBroker;
    private KafkaEndpoint kafka;
    private @Nullable StoreAccess store;
    private volatile @Nullable Throwable recorderFailure;

    private EmbeddedStack(DataDirectory directory, Options options) {
        this.directory = directory;
        this.ownBroker = options.kafka().isEmpty();
        this.kafka = options.kafka().orElseGet(() -> startBroker(options.port()));
    }

    /**
     * Starts all parts; when it returns they work.
     *
     * @throws StackException if one cannot start; those that had started are stopped again
     */
    public static EmbeddedStack start(DataDirectory directory, Options options) {
        directory.create();
        EmbeddedStack stack = new EmbeddedStack(directory, options);
        boolean started = false;
        try {
            stack.startParts();
            started = true;
            return stack;
        } finally {
            if (!started) {
                stack.close();
            }
        }
    }

    private KafkaEndpoint startBroker(int port) {
        try {
            EmbeddedBroker broker = port == 0 ? startWhereItWas() : EmbeddedBroker.start(directory.kafka(), port);
            directory.rememberPort(broker.port());
            parts.push(broker);
            return KafkaEndpoint.at(broker.bootstrap());
        } catch (BrokerStartException e) {
            throw new StackException(String.valueOf(e.getMessage()), e);
        }
    }

    /** On the port of the last time, so that clients that still run find it again; on any other if that is taken. */
    private EmbeddedBroker startWhereItWas() throws BrokerStartException {
        OptionalInt last = directory.lastPort();
        if (last.isPresent()) {
            try {
                return EmbeddedBroker.start(directory.kafka(), last.getAsInt());
            } catch (BrokerStartException e) {
                LOG.info("not on port {} again: {}", last.getAsInt(), e.getMessage());
            }
        }
        return EmbeddedBroker.start(directory.kafka(), 0);
    }

    private void startParts() {
        StreamTopics.embedded().create(kafka);
        Store opened = Store.open(directory.store(), StoreOptions.defaults());
        parts.push(opened);
        StoreAccess access = new LocalStore(opened);
        store = access;
        startRecorder(opened);
        startRulesJob();
        StoreServer server = new StoreServer(access);
        parts.push(server);
        RunningStack.here(kafka.bootstrapServers(), server.port(), server.token())
                .announce(directory);
        parts.push(() -> RunningStack.retract(directory));
    }

    private void startRulesJob() {
        try {
            EmbeddedFlink flink = EmbeddedFlink.start(directory.flink(), rulesJob());
            parts.push(flink);
            flink.awaitRunning();
        } catch (FlinkStartException e) {
            throw new StackException(String.valueOf(e.getMessage()), e);
        }
    }

    private RulesJobOptions rulesJob() {
        RulesJobOptions job = RulesJobOptions.on(kafka).withCheckpointInterval(CHECKPOINT_INTERVAL);
        return ownBroker ? job.withTransactionTimeout(EmbeddedBroker.LONGEST_TRANSACTION) : job;
    }

    private void startRecorder(Store opened) {
        Recorder recorder = Recorder.open(kafka, opened, RecorderOptions.defaults(), progress -> {});
        Thread thread = new Thread(
                () -> {
                    try {
                        recorder.run();
                    } catch (RuntimeException e) {
                        recorderFailure = e;
                    }
                },
                "recorder");
        thread.start();
        parts.push(() -> {
            recorder.stop();
            thread.join();
            recorder.close();
        });
    }

    @Override
    public KafkaEndpoint kafka() {
        return kafka;
    }

    @Override
    public StoreAccess store() {
        StoreAccess access = store;
        if (access == null) {
            throw new IllegalStateException("the stack has not started");
        }
        return access;
    }

    @Override
    public void requireHealthy() {
        Throwable failure = recorderFailure;
        if (failure != null) {
            throw new StackException("the recorder stopped: " + failure.getMessage(), failure);
        }
    }

    /** Stops the parts, the last started first; one that fails to stop does not keep the others up. */
    @Override
    public void close() {
        StackException failure = null;
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                if (e instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                StackException next =
                        new StackException("a part of the stack did not stop cleanly: " + e.getMessage(), e);
                if (failure == null) {
                    failure = next;
                } else {
                    failure.addSuppressed(next);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
