package dev.fenceline.stack;

import static java.util.Objects.requireNonNull;

import dev.fenceline.analytics.flink.RulesJob;
import dev.fenceline.analytics.flink.RulesJobOptions;
import dev.fenceline.recorder.kafka.StreamTopics;
import dev.fenceline.wire.Topics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.executiongraph.ErrorInfo;
import org.apache.flink.runtime.jobgraph.SavepointRestoreSettings;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.kafka.clients.admin.TopicDescription;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rules job on a Flink cluster inside this JVM, on loopback only.
 *
 * <p>It remembers where it was in its directory. Started there again, it goes on from its last checkpoint if it was killed, and from
 * the very end if it was {@linkplain #close() closed}; either way every event counts once. One process at a time may use the
 * directory. With another Kafka cluster, or one whose events topic was made anew, it starts from the oldest event there.
 */
public final class EmbeddedFlink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedFlink.class);
    private static final String HOST = "127.0.0.1";
    /** Always the same, so that a job started again goes on in the directory of the one before. */
    private static final JobID JOB = jobNamed(RulesJob.NAME);

    private static final int CHECKPOINTS_KEPT = 2;
    private static final Duration START_PATIENCE = Duration.ofSeconds(60);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(60);
    private static final Duration POLL_INTERVAL = Duration.ofMillis(20);

    private final MiniCluster cluster;
    private final DirectoryLock lock;
    private final Path savepoints;
    private final Optional<Path> restoredFrom;
    private boolean closed;

    private EmbeddedFlink(MiniCluster cluster, DirectoryLock lock, Path savepoints, Optional<Path> restoredFrom) {
        this.cluster = cluster;
        this.lock = lock;
        this.savepoints = savepoints;
        this.restoredFrom = restoredFrom;
    }

    /** Starts the job as {@link #start(Path, RulesJobOptions, OptionalInt)} does, without the web interface. */
    public static EmbeddedFlink start(Path directory, RulesJobOptions job) throws FlinkStartException {
        return start(directory, job, OptionalInt.empty());
    }

    /**
     * Starts the job and returns when it is submitted; {@link #awaitRunning()} says when it runs.
     *
     * @param directory where it keeps its checkpoints; created if missing
     * @param job the job; its topics exist
     * @param webPort where to serve Flink's web interface, 0 for any free port; empty for none that anybody needs to know
     * @throws FlinkStartException if the directory cannot be used, the port is taken, or Flink refuses the job
     * @throws dev.fenceline.recorder.kafka.KafkaStreamException if Kafka does not answer or has no events topic
     */
    public static EmbeddedFlink start(Path directory, RulesJobOptions job, OptionalInt webPort)
            throws FlinkStartException {
        DirectoryLock lock = lock(directory);
        EmbeddedFlink started = null;
        try {
            started = startLocked(job, directory.toAbsolutePath(), webPort, lock);
            return started;
        } finally {
            if (started == null) {
                release(lock);
            }
        }
    }

    private static DirectoryLock lock(Path directory) throws FlinkStartException {
        try {
            return DirectoryLock.acquire(directory, "the Flink job");
        } catch (IOException e) {
            throw new FlinkStartException(String.valueOf(e.getMessage()), e);
        }
    }

    private static EmbeddedFlink startLocked(
            RulesJobOptions job, Path directory, OptionalInt webPort, DirectoryLock lock) throws FlinkStartException {
        // A checkpoint holds offsets, which mean nothing in another topic.
        TopicDescription topic = requireNonNull(
                StreamTopics.describe(job.kafka(), List.of(Topics.EVENTS)).get(Topics.EVENTS));
        Path checkpoints =
                directory.resolve("checkpoints").resolve(topic.topicId().toString());
        Path temporary = directory.resolve("tmp");
        Configuration configuration = RulesJob.configuration(job);
        configuration.addAll(clusterConfiguration(checkpoints, temporary, webPort));
        MiniCluster cluster = new MiniCluster(new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(job.parallelism())
                .build());
        boolean submitted = false;
        try {
            deleteRecursively(temporary);
            Files.createDirectories(temporary);
            Optional<Path> last = new RetainedCheckpoints(checkpoints).newest();
            cluster.start();
            cluster.submitJob(graph(job, configuration, last)).get();
            submitted = true;
            LOG.info("rules job submitted, from {}", last.map(Path::toString).orElse("the oldest event"));
            return new EmbeddedFlink(cluster, lock, checkpoints, last);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FlinkStartException("interrupted while the rules job was starting", e);
        } catch (Exception e) {
            throw new FlinkStartException(
                    "the rules job could not start with its checkpoints in " + directory + ": " + rootMessage(e)
                            + ". The events in Kafka are untouched; with that directory moved away the job would check"
                            + " them anew, and repeat its alerts.",
                    e);
        } finally {
            if (!submitted) {
                cluster.closeAsync().join();
            }
        }
    }

    private static StreamGraph graph(RulesJobOptions job, Configuration configuration, Optional<Path> last) {
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        RulesJob.describe(environment, job);
        StreamGraph graph = environment.getStreamGraph();
        graph.setJobName(RulesJob.NAME);
        graph.setJobId(JOB);
        // The job becomes the owner of what it goes on from, and removes it once it has newer ones.
        last.ifPresent(checkpoint -> graph.setSavepointRestoreSettings(
                SavepointRestoreSettings.forPath(checkpoint.toUri().toString(), false, RecoveryClaimMode.CLAIM)));
        return graph;
    }

    private static Configuration clusterConfiguration(Path checkpoints, Path temporary, OptionalInt webPort) {
        Configuration configuration = new Configuration();
        configuration.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpoints.toUri().toString());
        configuration.set(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS, CHECKPOINTS_KEPT);
        configuration.set(CoreOptions.TMP_DIRS, temporary.toString());
        configuration.set(RestOptions.ADDRESS, HOST);
        configuration.set(RestOptions.BIND_ADDRESS, HOST);
        // The server that hands jars to task managers listens everywhere unless it is told not to.
        configuration.set(JobManagerOptions.BIND_HOST, HOST);
        configuration.set(TaskManagerOptions.BIND_HOST, HOST);
        configuration.set(RestOptions.PORT, webPort.orElse(0));
        configuration.set(RestOptions.BIND_PORT, Integer.toString(webPort.orElse(0)));
        // To look at, not to change: the job belongs to this process.
        configuration.set(WebOptions.SUBMIT_ENABLE, false);
        configuration.set(WebOptions.CANCEL_ENABLE, false);
        configuration.set(WebOptions.RESCALE_ENABLE, false);
        // It shares a small machine with everything else. Nothing here uses managed memory.
        configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ZERO);
        configuration.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(16));
        configuration.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(16));
        return configuration;
    }

    /** Waits until every part of the job runs, for as long as that can reasonably take. */
    public void awaitRunning() throws FlinkStartException {
        awaitRunning(START_PATIENCE);
    }

    /**
     * Waits until every part of the job runs.
     *
     * @throws FlinkStartException if it failed, or does not run after {@code patience}; with what stopped it last, if anything did
     */
    public void awaitRunning(Duration patience) throws FlinkStartException {
        long deadline = System.nanoTime() + patience.toNanos();
        AccessExecutionGraph graph = executionGraph();
        while (!runs(graph)) {
            if (graph.getState().isTerminalState()) {
                throw new FlinkStartException("the rules job is " + graph.getState() + lastFailure(graph), null);
            }
            if (System.nanoTime() - deadline > 0) {
                throw new FlinkStartException(
                        "the rules job does not run after " + patience.toSeconds() + " s" + lastFailure(graph), null);
            }
            LockSupport.parkNanos(POLL_INTERVAL.toNanos());
            graph = executionGraph();
        }
    }

    private static boolean runs(AccessExecutionGraph graph) {
        if (graph.getState() != JobStatus.RUNNING) {
            return false;
        }
        for (AccessExecutionVertex vertex : graph.getAllExecutionVertices()) {
            if (vertex.getExecutionState() != ExecutionState.RUNNING) {
                return false;
            }
        }
        return true;
    }

    private static String lastFailure(AccessExecutionGraph graph) {
        ErrorInfo failure = graph.getFailureInfo();
        return failure == null
                ? ""
                : ": " + failure.getExceptionAsString().lines().findFirst().orElse("");
    }

    private AccessExecutionGraph executionGraph() throws FlinkStartException {
        try {
            return cluster.getExecutionGraph(JOB).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FlinkStartException("interrupted while waiting for the rules job", e);
        } catch (ExecutionException e) {
            throw new FlinkStartException("the embedded Flink cluster does not answer: " + rootMessage(e), e);
        }
    }

    /** The checkpoint or savepoint it went on from; empty if it started with the oldest event. */
    public Optional<Path> restoredFrom() {
        return restoredFrom;
    }

    /** Where Flink's web interface is. */
    public String webAddress() {
        return cluster.getRestAddress().join().toString();
    }

    /** For tests that break it. */
    MiniCluster cluster() {
        return cluster;
    }

    /**
     * Saves the job's state and stops: everything read so far is checked, and every alert of it is committed. If the job cannot do
     * that now, for instance as the broker is away, it is left at its last checkpoint; nothing is lost by that either. A second call
     * does nothing.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            stop();
        } finally {
            cluster.closeAsync().join();
            release(lock);
        }
    }

    private void stop() {
        CompletableFuture<String> stopped =
                cluster.stopWithSavepoint(JOB, savepoints.toUri().toString(), false, SavepointFormatType.NATIVE);
        try {
            stopped.get(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            cluster.requestJobResult(JOB).get(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("the rules job is left at its last checkpoint: {}", rootMessage(e));
        }
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root.getMessage();
        return message == null ? root.getClass().getSimpleName() : message;
    }

    private static JobID jobNamed(String name) {
        UUID id = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
        return new JobID(id.getLeastSignificantBits(), id.getMostSignificantBits());
    }

    static void deleteRecursively(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void release(DirectoryLock lock) {
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot release the lock of the Flink job's data directory", e);
        }
    }
}
