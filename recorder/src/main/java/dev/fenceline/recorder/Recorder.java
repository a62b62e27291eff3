package dev.fenceline.recorder;

import dev.fenceline.recorder.kafka.DeadLetter;
import dev.fenceline.recorder.kafka.DeadLetterEmitter;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.recorder.kafka.KafkaStreamException;
import dev.fenceline.recorder.kafka.RecordSource;
import dev.fenceline.recorder.store.Landing;
import dev.fenceline.recorder.store.Store;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Brings everything that arrives in Fenceline's topics into the store, exactly once.
 *
 * <p>It may be stopped, killed, or cut off from Kafka or the disk at any moment: the next one goes on after the last transaction. The
 * calling thread of {@link #run} does the work; the other methods may be called from any thread.
 */
public final class Recorder implements AutoCloseable {
    private static final Duration IDLE_WAIT = Duration.ofMillis(200);
    private static final Duration SHORTEST_WAIT = Duration.ofMillis(10);
    /** With a backlog, how many times the delay of a live session a transaction may take to fill. */
    private static final int BACKLOG_PATIENCE = 10;

    private final KafkaEndpoint endpoint;
    private final RecorderOptions options;
    private final RecorderListener listener;
    private final RecordSource source;
    private final Landing landing;
    private final Map<UUID, Long> landedThrough = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition moved = lock.newCondition();

    private CompletableFuture<Void> inFlight = CompletableFuture.completedFuture(null);
    private volatile @Nullable DeadLetterEmitter deadLetterEmitter;
    private final AtomicBoolean started = new AtomicBoolean();
    private volatile boolean stopping;
    private volatile boolean finished;
    private volatile RecorderProgress progress = new RecorderProgress(0, 0, 0, 0, 0, 0);

    private Recorder(
            KafkaEndpoint endpoint,
            Store store,
            RecorderOptions options,
            RecorderListener listener,
            RecordSource source) {
        this.endpoint = endpoint;
        this.options = options;
        this.listener = listener;
        this.source = source;
        this.landing = store.landing();
        store.sessions().forEach(session -> landedThrough.put(session.uuid(), session.lastSeq()));
    }

    /**
     * A recorder from the topics at {@code endpoint}, which exist, into {@code store}, which nobody else records into.
     *
     * @throws KafkaStreamException if no broker answers or topics are missing
     */
    public static Recorder open(
            KafkaEndpoint endpoint, Store store, RecorderOptions options, RecorderListener listener) {
        return new Recorder(endpoint, store, options, listener, RecordSource.open(endpoint, store.nextOffsets()));
    }

    /**
     * Records until {@link #stop()}, then lands what has been read. While one transaction lands, in a thread of its own, the next
     * one is read and decoded. When this returns or throws, that thread has ended: nothing is written to the store any more.
     *
     * <p>To be called once. After a failure, open another recorder: it goes on behind the last transaction, while this one has
     * read further than that.
     *
     * @throws dev.fenceline.recorder.store.StoreException if the store fails; what had not landed is still in Kafka, for the next
     *     recorder
     * @throws KafkaStreamException if Kafka fails for good; an absent broker is waited for
     * @throws IllegalStateException if this recorder has run before
     */
    public void run() {
        if (!started.compareAndSet(false, true)) {
            throw new IllegalStateException(
                    "this recorder has run before and may have read what did not land; open another one");
        }
        ExecutorService lander = Executors.newSingleThreadExecutor(task -> new Thread(task, "fenceline-landing"));
        RuntimeException failure = null;
        try {
            record(lander);
            finishLanding();
            if (!landing.isEmpty()) {
                land(lander);
                finishLanding();
            }
        } catch (RuntimeException e) {
            failure = e;
            throw e;
        } finally {
            awaitEnd(lander, failure);
            finished = true;
            signalMoved();
        }
    }

    /** Lets the transaction that is under way, if any, come to its end; what goes wrong with it now is added to {@code failure}. */
    private void awaitEnd(ExecutorService lander, @Nullable RuntimeException failure) {
        lander.shutdown();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ended = lander.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            try {
                finishLanding();
            } catch (RuntimeException e) {
                failure.addSuppressed(e);
            }
        }
    }

    private void record(ExecutorService lander) {
        long oldest = System.nanoTime();
        while (!stopping) {
            boolean waiting = !landing.isEmpty();
            if (!waiting) {
                oldest = System.nanoTime();
            }
            source.poll(
                    waiting ? remaining(oldest) : IDLE_WAIT,
                    (position, key, value) -> accept(lander, position, key, value));
            if (inFlight.isDone()) {
                finishLanding();
            }
            if (isDue(System.nanoTime() - oldest)) {
                land(lander);
            }
        }
    }

    private Duration remaining(long oldest) {
        long waited = System.nanoTime() - oldest;
        return Duration.ofNanos(
                Math.max(SHORTEST_WAIT.toNanos(), options.maxDelay().toNanos() - waited));
    }

    private boolean isDue(long age) {
        if (landing.isEmpty()) {
            return false;
        }
        long delay = options.maxDelay().toNanos();
        return age >= delay && (source.lag() == 0 || age >= BACKLOG_PATIENCE * delay);
    }

    private void accept(
            ExecutorService lander, RecordSource.Position position, byte @Nullable [] key, @Nullable ByteBuffer value) {
        if (value == null) {
            landing.skip(position.log(), position.offset());
        } else {
            landing.accept(
                    position.log(),
                    position.offset(),
                    key,
                    value.array(),
                    value.arrayOffset() + value.position(),
                    value.remaining());
        }
        if (landing.rows() >= options.maxRows()) {
            land(lander);
        }
    }

    private void land(ExecutorService lander) {
        finishLanding();
        landing.seal();
        landSealed(lander);
    }

    private void landSealed(ExecutorService lander) {
        // These belong to this thread, so they are asked here.
        long unknownSchemas = landing.unknownSchemas();
        long duplicates = landing.duplicates();
        long lag = source.lag();
        inFlight = CompletableFuture.runAsync(() -> landSealed(unknownSchemas, duplicates, lag), lander);
    }

    private void landSealed(long unknownSchemas, long duplicates, long lag) {
        List<DeadLetter> letters = landing.sealedDeadLetters();
        if (!letters.isEmpty()) {
            // Before the transaction, so that a crash in between repeats them and does not lose them.
            deadLetterEmitter().send(letters);
        }
        Landing.Landed landed = landing.landSealed();
        progress = new RecorderProgress(
                progress.rows() + landed.rows(),
                progress.transactions() + 1,
                progress.deadLetters() + landed.deadLetters(),
                unknownSchemas,
                duplicates,
                lag);
        landedThrough.putAll(landed.lastSeqs());
        signalMoved();
        listener.landed(progress);
    }

    /** Waits for the transaction that is under way; its failure becomes this thread's. */
    private void finishLanding() {
        CompletableFuture<Void> landed = inFlight;
        inFlight = CompletableFuture.completedFuture(null);
        try {
            landed.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        }
    }

    private DeadLetterEmitter deadLetterEmitter() {
        DeadLetterEmitter emitter = deadLetterEmitter;
        if (emitter == null) {
            emitter = new DeadLetterEmitter(endpoint);
            deadLetterEmitter = emitter;
        }
        return emitter;
    }

    private void signalMoved() {
        lock.lock();
        try {
            moved.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The last seq of {@code session} that is in the store, 0 if none is. */
    public long landedThrough(UUID session) {
        return landedThrough.getOrDefault(session, 0L);
    }

    /**
     * Waits until {@code session} has landed up to {@code seq}.
     *
     * @return whether it has; false if the time is over or the recorder has ended
     */
    public boolean awaitLanded(UUID session, long seq, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        lock.lock();
        try {
            while (landedThrough(session) < seq) {
                long left = deadline - System.nanoTime();
                if (left <= 0 || finished || !moved.await(left, TimeUnit.NANOSECONDS)) {
                    return landedThrough(session) >= seq;
                }
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** What was done so far. */
    public RecorderProgress progress() {
        return progress;
    }

    /** Makes {@link #run} land what it has and return. */
    public void stop() {
        stopping = true;
        source.wakeUp();
    }

    /** Lets go of Kafka; the store stays open. To be called after {@link #run} has returned. */
    @Override
    public void close() {
        try {
            source.close();
        } finally {
            DeadLetterEmitter emitter = deadLetterEmitter;
            if (emitter != null) {
                emitter.close();
            }
        }
    }
}
