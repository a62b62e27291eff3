package dev.fenceline.stack;

import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.recorder.kafka.PartitionLog;
import dev.fenceline.recorder.store.Landing;
import dev.fenceline.recorder.store.Store;
import dev.fenceline.recorder.store.StoreOptions;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.Topics;
import dev.fenceline.wire.UndecodableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What an event costs on its way from wire bytes into its table, transaction included, against three other ways of getting the same
 * rows there. Each invocation lands the mix into a fresh store.
 *
 * <p>Run: {@code .ci/jmh deploy LandingBenchmark}
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4)
@Measurement(iterations = 7)
public class LandingBenchmark {
    private static final int EVENTS = 600_000;
    private static final int TRANSACTIONS = 3;
    private static final int BATCH = EVENTS / TRANSACTIONS;
    private static final PartitionLog LOG = new PartitionLog(Topics.EVENTS, "benchmark", 0);

    private final EventCodec codec = new EventCodec();
    private final Set<EventType> types = EnumSet.noneOf(EventType.class);
    private List<SimulatedMix.Entry> mix = List.of();
    private byte[][] wire = new byte[0][];
    private Path directory = Path.of("");
    private Path file = Path.of("");

    @Setup(Level.Trial)
    public void simulate() throws IOException {
        mix = SimulatedMix.events(EVENTS);
        wire = new byte[EVENTS][];
        long bytes = 0;
        for (int i = 0; i < EVENTS; i++) {
            wire[i] = codec.encode(mix.get(i).event());
            types.add(mix.get(i).event().eventType());
            bytes += wire[i].length;
        }
        directory = Files.createTempDirectory("fenceline-landing");
        Store.open(directory.resolve("empty.duckdb"), StoreOptions.defaults()).close();
        try (Landed landed = new Landed(copyOfEmpty("full.duckdb"))) {
            accept(landed.landing, 0, EVENTS);
            landed.landing.land();
        }
        System.out.printf("%d events of %d types, %d bytes each%n", EVENTS, types.size(), bytes / EVENTS);
    }

    @TearDown(Level.Trial)
    public void remove() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    private Path copyOfEmpty(String name) throws IOException {
        Path copy = directory.resolve(name);
        Files.deleteIfExists(directory.resolve(name + ".wal"));
        return Files.copy(directory.resolve("empty.duckdb"), copy, StandardCopyOption.REPLACE_EXISTING);
    }

    private void accept(Landing landing, int from, int to) {
        for (int i = from; i < to; i++) {
            landing.accept(LOG, i, mix.get(i).key(), wire[i], 0, wire[i].length);
        }
    }

    /** A store about to be landed in. */
    private static final class Landed implements AutoCloseable {
        private final Store store;
        private final Landing landing;

        Landed(Path file) {
            store = Store.open(file, StoreOptions.defaults());
            landing = store.landing();
        }

        @Override
        public void close() {
            store.close();
        }
    }

    /** A fresh store, with nothing waiting. */
    @State(Scope.Thread)
    public static class Fresh {
        private Landed landed;

        @Setup(Level.Invocation)
        public void open(LandingBenchmark benchmark) throws IOException {
            landed = new Landed(benchmark.copyOfEmpty("landing.duckdb"));
        }

        @TearDown(Level.Invocation)
        public void close() {
            landed.close();
        }
    }

    /** A fresh store, with everything decoded and waiting in column buffers, those of one transaction in a landing each. */
    @State(Scope.Thread)
    public static class Prefilled {
        private Store store;
        private final List<Landing> landings = new ArrayList<>();

        @Setup(Level.Invocation)
        public void open(LandingBenchmark benchmark) throws IOException {
            store = Store.open(benchmark.copyOfEmpty("landing.duckdb"), StoreOptions.defaults());
            landings.clear();
            for (int i = 0; i < TRANSACTIONS; i++) {
                Landing landing = store.landing();
                benchmark.accept(landing, i * BATCH, (i + 1) * BATCH);
                landings.add(landing);
            }
        }

        @TearDown(Level.Invocation)
        public void close() {
            store.close();
        }
    }

    /** A plain connection to a file that has the tables. */
    @State(Scope.Thread)
    public static class Plain {
        private DuckDBConnection connection;

        @Setup(Level.Invocation)
        public void open(LandingBenchmark benchmark) throws IOException, SQLException {
            benchmark.file = benchmark.copyOfEmpty("plain.duckdb");
            connection =
                    DriverManager.getConnection("jdbc:duckdb:" + benchmark.file).unwrap(DuckDBConnection.class);
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET wal_autocheckpoint = '256MB'");
                statement.execute("ATTACH '" + benchmark.directory.resolve("full.duckdb") + "' AS source (READ_ONLY)");
            }
        }

        @TearDown(Level.Invocation)
        public void close() throws SQLException {
            connection.close();
        }
    }

    /** What the recorder does: decoding, sequence check and digest of one batch while another is inserted and committed. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public int landing(Fresh fresh) {
        Landing landing = fresh.landed.landing;
        CompletableFuture<Landing.Landed> landed = CompletableFuture.completedFuture(null);
        for (int i = 0; i < TRANSACTIONS; i++) {
            accept(landing, i * BATCH, (i + 1) * BATCH);
            landed.join();
            landing.seal();
            landed = CompletableFuture.supplyAsync(landing::landSealed);
        }
        return landed.join().rows();
    }

    /** The same, one after the other in one thread. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public int landingInOneThread(Fresh fresh) {
        int rows = 0;
        for (int i = 0; i < TRANSACTIONS; i++) {
            accept(fresh.landed.landing, i * BATCH, (i + 1) * BATCH);
            rows += fresh.landed.landing.land().rows();
        }
        return rows;
    }

    /** Only insertion and commit of the same rows from column buffers that are already full. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public int prefilledVectors(Prefilled prefilled) {
        int rows = 0;
        for (Landing landing : prefilled.landings) {
            rows += landing.land().rows();
        }
        return rows;
    }

    /** Decoding only: what landing does before it reaches the store. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public int decoding(Fresh fresh) {
        accept(fresh.landed.landing, 0, EVENTS);
        return fresh.landed.landing.rows();
    }

    /** DuckDB's row appender, one for each type and transaction; decoding included, no check and no digest. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public int rowAppender(Plain plain) throws SQLException, UndecodableException {
        for (int from = 0; from < EVENTS; from += BATCH) {
            execute(plain.connection, "BEGIN TRANSACTION");
            Map<EventType, DuckDBAppender> appenders = new EnumMap<>(EventType.class);
            for (int i = from; i < from + BATCH; i++) {
                Event event = codec.decode(wire[i]);
                DuckDBAppender appender = appenders.get(event.eventType());
                if (appender == null) {
                    appender = plain.connection.createAppender(event.eventType().eventName());
                    appenders.put(event.eventType(), appender);
                }
                new RowAppending(appender, event).append();
            }
            for (DuckDBAppender appender : appenders.values()) {
                appender.close();
            }
            execute(plain.connection, "COMMIT");
        }
        return EVENTS;
    }

    /** DuckDB by itself: the same rows from the tables of another file into new tables, in one transaction. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public int nativeCreateTableAs(Plain plain) throws SQLException {
        execute(plain.connection, "BEGIN TRANSACTION");
        for (EventType type : types) {
            execute(plain.connection, "CREATE TABLE copy_" + type.eventName() + " AS FROM source." + type.eventName());
        }
        execute(plain.connection, "COMMIT");
        return types.size();
    }

    private static void execute(DuckDBConnection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
