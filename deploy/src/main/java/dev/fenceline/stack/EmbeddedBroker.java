package dev.fenceline.stack;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * A real Kafka broker, KRaft controller included, in this JVM and on loopback only.
 *
 * <p>What it stored is kept in its directory: started again there, cleanly stopped or killed, it goes on where it was. One process
 * at a time may use the directory. Topics are never created by a stray client; see
 * {@code dev.fenceline.recorder.kafka.StreamTopics}.
 */
public final class EmbeddedBroker implements AutoCloseable {
    /**
     * The longest transaction timeout it grants. A job that was killed between its checkpoint and the commit of what it wrote can
     * commit that when it comes back, if it comes back within this time; so it is long.
     */
    public static final Duration LONGEST_TRANSACTION = Duration.ofDays(7);

    private static final String HOST = "127.0.0.1";
    private static final int NODE = 1;
    private static final int ATTEMPTS_TO_FIND_A_PORT = 5;

    private final KafkaRaftServer server;
    private final DirectoryLock lock;
    private final int port;
    private boolean closed;

    private EmbeddedBroker(KafkaRaftServer server, DirectoryLock lock, int port) {
        this.server = server;
        this.lock = lock;
        this.port = port;
    }

    /**
     * Starts a broker on {@code directory}, which is created if missing.
     *
     * @param port where clients connect; 0 chooses a free port
     * @throws BrokerStartException if the directory is in use or cannot be written, or the port is taken
     */
    public static EmbeddedBroker start(Path directory, int port) throws BrokerStartException {
        DirectoryLock lock = lock(directory);
        boolean started = false;
        try {
            EmbeddedBroker broker = port == 0 ? startAnywhere(directory, lock) : startAt(directory, port, lock);
            started = true;
            return broker;
        } finally {
            if (!started) {
                release(lock);
            }
        }
    }

    private static DirectoryLock lock(Path directory) throws BrokerStartException {
        try {
            return DirectoryLock.acquire(directory, "the broker");
        } catch (IOException e) {
            throw new BrokerStartException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Between finding a free port and binding it, somebody else may take it: then look for another. */
    private static EmbeddedBroker startAnywhere(Path directory, DirectoryLock lock) throws BrokerStartException {
        BrokerStartException last = new BrokerStartException("no free port on " + HOST);
        for (int attempt = 0; attempt < ATTEMPTS_TO_FIND_A_PORT; attempt++) {
            try {
                return startAt(directory, freePort(), lock);
            } catch (BrokerStartException e) {
                if (!causedByBind(e)) {
                    throw e;
                }
                last = e;
            }
        }
        throw last;
    }

    private static EmbeddedBroker startAt(Path directory, int port, DirectoryLock lock) throws BrokerStartException {
        requireFree(port);
        Properties settings = settings(directory, port, freePort());
        format(directory);
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM);
        boolean started = false;
        try {
            server.startup();
            started = true;
            return new EmbeddedBroker(server, lock, port);
        } catch (RuntimeException e) {
            throw new BrokerStartException(
                    "the embedded Kafka broker could not start on " + HOST + ":" + port + " with its data in "
                            + directory + ": " + e.getMessage(),
                    e);
        } finally {
            if (!started) {
                server.shutdown();
                server.awaitShutdown();
            }
        }
    }

    private static void requireFree(int port) throws BrokerStartException {
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (IOException e) {
            throw new BrokerStartException(
                    "port " + port + " on " + HOST
                            + " is taken, so the embedded broker cannot listen there. Stop what uses it"
                            + " (ss -ltnp 'sport = :" + port
                            + "' shows it), or choose another with --port; 0 takes any free one.",
                    e);
        }
    }

    private static int freePort() throws BrokerStartException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        } catch (IOException e) {
            throw new BrokerStartException("cannot find a free port on " + HOST + ": " + e, e);
        }
    }

    private static boolean causedByBind(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException) {
                return true;
            }
        }
        return false;
    }

    private static Properties settings(Path directory, int port, int controllerPort) {
        Properties settings = new Properties();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", Integer.toString(NODE));
        settings.put("controller.quorum.voters", NODE + "@" + HOST + ":" + controllerPort);
        settings.put("listeners", "PLAINTEXT://" + HOST + ":" + port + ",CONTROLLER://" + HOST + ":" + controllerPort);
        settings.put("advertised.listeners", "PLAINTEXT://" + HOST + ":" + port);
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("inter.broker.listener.name", "PLAINTEXT");
        settings.put("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT");
        settings.put("log.dirs", directory.toString());

        // A mistyped topic must be an error, not a topic.
        settings.put("auto.create.topics.enable", "false");

        // After a kill the controller waits until the dead incarnation's session has timed out: 9 s by default. With
        // less than
        // this, a busy machine fences a broker that is well.
        settings.put("broker.session.timeout.ms", "4000");
        settings.put("broker.heartbeat.interval.ms", "500");

        // One node: its internal topics cannot have more than one replica, and one partition of each is plenty.
        settings.put("offsets.topic.replication.factor", "1");
        settings.put("offsets.topic.num.partitions", "1");
        settings.put("transaction.state.log.replication.factor", "1");
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("transaction.state.log.num.partitions", "1");
        settings.put("share.coordinator.state.topic.replication.factor", "1");
        settings.put("share.coordinator.state.topic.min.isr", "1");
        settings.put("share.coordinator.state.topic.num.partitions", "1");
        settings.put("group.initial.rebalance.delay.ms", "0");
        settings.put("transaction.max.timeout.ms", Long.toString(LONGEST_TRANSACTION.toMillis()));

        // It shares a small machine with everything else.
        settings.put("num.network.threads", "1");
        settings.put("num.io.threads", "2");
        settings.put("background.threads", "2");
        settings.put("log.cleaner.threads", "1");
        settings.put("log.cleaner.dedupe.buffer.size", "4194304");
        settings.put("num.recovery.threads.per.data.dir", "1");
        settings.put("num.replica.fetchers", "1");
        settings.put("group.coordinator.threads", "1");
        return settings;
    }

    private static void format(Path directory) throws BrokerStartException {
        if (Files.exists(directory.resolve("meta.properties"))) {
            return;
        }
        try {
            new Formatter()
                    .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                    .setClusterId(Uuid.randomUuid().toString())
                    .setNodeId(NODE)
                    .addDirectory(directory.toString())
                    .setMetadataLogDirectory(directory.toString())
                    .setControllerListenerName("CONTROLLER")
                    .setReleaseVersion(MetadataVersion.LATEST_PRODUCTION)
                    .setHasDynamicQuorum(false)
                    .setIgnoreFormatted(true)
                    .run();
        } catch (Exception e) {
            throw new BrokerStartException(
                    "cannot format the broker's data directory " + directory + ": " + e.getMessage()
                            + ". If it holds nothing you need, remove it and start again.",
                    e);
        }
    }

    /** Where clients connect: {@code 127.0.0.1:port}. */
    public String bootstrap() {
        return HOST + ":" + port;
    }

    public int port() {
        return port;
    }

    /** Stops the broker cleanly and lets go of its directory; a second call does nothing. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            try {
                server.shutdown();
                server.awaitShutdown();
            } finally {
                release(lock);
            }
        }
    }

    private static void release(DirectoryLock lock) {
        try {
            lock.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("cannot release the lock of the broker's data directory", e);
        }
    }
}
