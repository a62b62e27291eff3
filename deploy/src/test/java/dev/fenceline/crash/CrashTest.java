package dev.fenceline.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.fenceline.event.Event;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.stack.DerivedRecords;
import dev.fenceline.stack.SampleSessions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills the recorder and the rules job with {@code kill -9} at random moments while events stream, each in a process of its own, and
 * expects the same rows and the same alerts as if nothing had happened.
 */
class CrashTest {
    private static final int SESSIONS = 6;
    private static final int UNPACED = 1_000_000;
    private static final Duration LANDING_PATIENCE = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(100);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    @Test
    void losesAndRepeatsNothingOverThreeKills() throws Exception {
        compare(3, 9_000, 5_000, 1);
    }

    @Tag("long")
    @Test
    void losesAndRepeatsNothingOverTwentyFourKills() throws Exception {
        compare(24, 20_000, 5_000, 2);
    }

    private void compare(int kills, int sessionLength, int eventsPerSecond, long seed) throws Exception {
        Map<UUID, List<Event>> sessions = SampleSessions.of(SESSIONS, sessionLength);

        Outcome disturbed = new Run(sessions, sessionLength, eventsPerSecond, new Random(seed), kills).outcome();
        Outcome undisturbed = new Run(sessions, sessionLength, UNPACED, new Random(seed), 0).outcome();

        System.out.println(disturbed.story);
        assertThat(undisturbed.derived).isEqualTo(DerivedRecords.expected(sessions));
        assertThat(undisturbed.derived.values().stream()
                        .flatMap(List::stream)
                        .filter(line -> line.contains("\"alert\"")))
                .as("alerts, without which the comparison says little")
                .hasSizeGreaterThan(SESSIONS);
        assertThat(disturbed.derived).as("alerts and verdicts in Kafka").isEqualTo(undisturbed.derived);
        assertThat(StoreComparison.differences(disturbed.store, undisturbed.store))
                .as("rows that differ, by table")
                .isEmpty();
        assertThat(StoreComparison.rows(disturbed.store)).isEqualTo(rows(sessions) + rows(undisturbed.derived));
    }

    private static long rows(Map<UUID, ? extends List<?>> sessions) {
        return sessions.values().stream().mapToLong(List::size).sum();
    }

    private record Outcome(Map<UUID, List<String>> derived, Path store, String story) {}

    /** The whole pipeline once, from an empty broker to all sessions checked and landed. */
    private final class Run {
        private final Map<UUID, List<Event>> sessions;
        private final int sessionLength;
        private final int eventsPerSecond;
        private final Random random;
        private final int kills;
        private final Path home;
        private final List<ChildProcess> children = new ArrayList<>();

        private String bootstrap = "";

        Run(Map<UUID, List<Event>> sessions, int sessionLength, int eventsPerSecond, Random random, int kills)
                throws Exception {
            this.sessions = sessions;
            this.sessionLength = sessionLength;
            this.eventsPerSecond = eventsPerSecond;
            this.random = random;
            this.kills = kills;
            this.home = Files.createDirectory(directory.resolve(kills + "-kills"));
        }

        Outcome outcome() throws Exception {
            try {
                ChildProcess broker = start(BrokerProcess.class, home.resolve("kafka"));
                bootstrap = broker.await("ready");
                ChildProcess flink = startFlink();
                ChildProcess recorder = startRecorder();
                flink.await("ready");
                recorder.await("ready");

                ChildProcess emitter = start(EmitterProcess.class, bootstrap, SESSIONS, sessionLength, eventsPerSecond);
                List<Boolean> victims = victims();
                long allowed = 0;
                for (int kill = 0; kill < kills; kill++) {
                    // The stream runs on while the victim of this round starts, and while it is killed.
                    allowed = allow(emitter, allowed, (2 * kill + 1) * rows(sessions) / (2 * kills + 2));
                    boolean killFlink = victims.get(kill);
                    if (random.nextInt(4) > 0) {
                        (killFlink ? flink : recorder).await("ready");
                    }
                    long from = allowed;
                    allowed = allow(emitter, allowed, (2 * kill + 2) * rows(sessions) / (2 * kills + 2));
                    awaitAcknowledged(emitter, from + (long) (random.nextDouble() * (allowed - from)));
                    if (killFlink) {
                        flink.kill();
                        flink = startFlink();
                    } else {
                        recorder.kill();
                        recorder = startRecorder();
                    }
                }
                allow(emitter, allowed, rows(sessions));
                emitter.await("done");

                KafkaEndpoint kafka = KafkaEndpoint.at(bootstrap);
                DerivedRecords.awaitChecked(kafka, sessions.keySet());
                flink.stop();
                Map<UUID, List<String>> derived = DerivedRecords.committed(kafka);
                awaitLanded(recorder, rows(sessions), rows(derived));
                recorder.stop();
                broker.stop();
                return new Outcome(derived, store(), story());
            } finally {
                children.forEach(ChildProcess::close);
            }
        }

        /** What happened, to see that it was not too little. */
        private String story() {
            long ready = children.stream()
                    .filter(child -> child.last("ready").isPresent())
                    .count();
            long restored = children.stream()
                    .filter(child -> child.last("ready")
                            .filter(FlinkProcess.RESTORED::equals)
                            .isPresent())
                    .count();
            return kills + " kills; " + ready + " of " + children.size() + " processes came to work; " + restored
                    + " rules jobs went on from a checkpoint";
        }

        private ChildProcess startFlink() {
            return start(FlinkProcess.class, bootstrap, home.resolve("flink"));
        }

        private ChildProcess startRecorder() {
            return start(RecorderProcess.class, bootstrap, store());
        }

        private Path store() {
            return home.resolve("fenceline.duckdb");
        }

        private ChildProcess start(Class<?> main, Object... arguments) {
            ChildProcess child = ChildProcess.start(main, home, arguments);
            children.add(child);
            return child;
        }

        /** For each kill whether it is the rules job that dies: half of them, in random order. */
        private List<Boolean> victims() {
            List<Boolean> victims = new ArrayList<>();
            for (int i = 0; i < kills; i++) {
                victims.add(i % 2 == 0);
            }
            Collections.shuffle(victims, random);
            return victims;
        }

        private long allow(ChildProcess emitter, long before, long now) {
            emitter.tell(Long.toString(now - before));
            return now;
        }

        private void awaitAcknowledged(ChildProcess emitter, long events) {
            await().atMost(Duration.ofMinutes(5))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> {
                        emitter.requireAlive("done");
                        return emitter.last("acknowledged").map(Long::parseLong).orElse(0L) >= events;
                    });
        }

        private void awaitLanded(ChildProcess recorder, long events, long derived) {
            recorder.await("ready");
            await().atMost(LANDING_PATIENCE).pollInterval(POLL).untilAsserted(() -> {
                recorder.tell("rows");
                assertThat(recorder.await("rows"))
                        .as("events and derived records landed")
                        .isEqualTo(events + " " + derived);
            });
        }
    }
}
