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
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    private static final int EVENTS = 400_000;
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
            accept(landed.landing);
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

    private void accept(Landing landing) {
        for (int i = 0; i < EVENTS; i++) {
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

    /** A fresh store, with everything decoded and waiting in column buffers. */
    @State(Scope.Thread)
    public static class Prefilled {
        private Landed landed;

        @Setup(Level.Invocation)
        public void open(LandingBenchmark benchmark) throws IOException {
            landed = new Landed(benchmark.copyOfEmpty("landing.duckdb"));
            benchmark.accept(landed.landing);
        }

        @TearDown(Level.Invocation)
        public void close() {
            landed.close();
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

    /** Decoding, sequence check, digest, insertion, commit: what the recorder does. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public Landing.Landed landing(Fresh fresh) {
        accept(fresh.landed.landing);
        return fresh.landed.landing.land();
    }

    /** Only insertion and commit of the same rows from column buffers that are already full. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public Landing.Landed prefilledVectors(Prefilled prefilled) {
        return prefilled.landed.landing.land();
    }

    /** Decoding only: what landing does before it reaches the store. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public int decoding(Fresh fresh) {
        accept(fresh.landed.landing);
        return fresh.landed.landing.rows();
    }

    /** DuckDB's row appender, one for each type, in one transaction; decoding included, no check and no digest. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public int rowAppender(Plain plain) throws SQLException, UndecodableException {
        execute(plain.connection, "BEGIN TRANSACTION");
        Map<EventType, DuckDBAppender> appenders = new EnumMap<>(EventType.class);
        for (EventType type : types) {
            appenders.put(type, plain.connection.createAppender(type.eventName()));
        }
        for (byte[] bytes : wire) {
            Event event = codec.decode(bytes);
            DuckDBAppender appender = appenders.get(event.eventType());
            new RowAppending(appender, event).append();
        }
        for (DuckDBAppender appender : appenders.values()) {
            appender.close();
        }
        execute(plain.connection, "COMMIT");
        return appenders.size();
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
