package dev.fenceline.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.fenceline.event.Event;
import dev.fenceline.recorder.Recorder;
import dev.fenceline.recorder.RecorderOptions;
import dev.fenceline.recorder.kafka.EventEmitter;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.recorder.kafka.StreamTopics;
import dev.fenceline.recorder.store.SessionStatus;
import dev.fenceline.recorder.store.Store;
import dev.fenceline.recorder.store.StoreOptions;
import dev.fenceline.stack.SampleSessions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.utils.AppInfoParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/** Emitter and recorder with a broker that is not ours: the official image of the version we build with. */
class KafkaImageTest {
    private static final String IMAGE = "apache/kafka:" + AppInfoParser.getVersion();
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    @Test
    @Timeout(180)
    void recordsWhatWasEmitted() throws Exception {
        DockerImages.missing(IMAGE).ifPresent(reason -> abort("skipped: " + reason));
        Map<UUID, List<Event>> sessions = SampleSessions.of(3, 2_000);

        try (KafkaContainer container = new KafkaContainer(DockerImageName.parse(IMAGE))) {
            container.start();
            KafkaEndpoint kafka = KafkaEndpoint.at(container.getBootstrapServers());
            StreamTopics.embedded().create(kafka);
            try (EventEmitter emitter = EventEmitter.open(kafka)) {
                sessions.forEach((session, events) -> events.forEach(event -> emitter.emit(session, event)));
            }
            try (Store store = Store.open(directory.resolve("fenceline.duckdb"), StoreOptions.defaults());
                    Recorder recorder = Recorder.open(kafka, store, RecorderOptions.defaults(), progress -> {})) {
                Thread thread = new Thread(recorder::run, "recorder");
                thread.start();
                for (Map.Entry<UUID, List<Event>> session : sessions.entrySet()) {
                    long last = session.getValue().size();
                    assertThat(recorder.awaitLanded(session.getKey(), last, PATIENCE))
                            .as("session %s landed", session.getKey())
                            .isTrue();
                }
                recorder.stop();
                thread.join();
                assertThat(store.sessions())
                        .hasSize(sessions.size())
                        .allSatisfy(session -> assertThat(session.status()).isEqualTo(SessionStatus.COMPLETE));
            }
        }
    }
}
