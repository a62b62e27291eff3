package dev.fenceline.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fenceline.event.ClockTick;
import dev.fenceline.event.Event;
import dev.fenceline.event.Source;
import dev.fenceline.recorder.kafka.EventEmitter;
import dev.fenceline.recorder.kafka.EventTail;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.recorder.kafka.KafkaStreamException;
import dev.fenceline.recorder.kafka.StreamTopics;
import dev.fenceline.wire.Topics;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerTest {
    private static final UUID SESSION = new UUID(1, 1);

    @TempDir
    private Path directory;

    @Test
    void whatWasSentIsThereAfterACleanRestart() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            KafkaEndpoint endpoint = KafkaEndpoint.at(broker.bootstrap());
            StreamTopics.embedded().create(endpoint);
            emit(endpoint, 1, 1000);
        }
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            KafkaEndpoint endpoint = KafkaEndpoint.at(broker.bootstrap());
            StreamTopics.embedded().create(endpoint);
            emit(endpoint, 1001, 1500);
            assertThat(seqs(endpoint)).containsExactlyElementsOf(upTo(1500));
        }
    }

    @Test
    void aKilledBrokerIsBackSoonWithAllThatWasAcknowledged() throws Exception {
        try (JavaProcess child = JavaProcess.start(BrokerProcess.class, directory.toString(), "0")) {
            KafkaEndpoint endpoint = KafkaEndpoint.at(child.await("LISTENING"));
            StreamTopics.embedded().create(endpoint);
            emit(endpoint, 1, 1000);

            assertThatThrownBy(() -> EmbeddedBroker.start(directory, 0))
                    .isInstanceOf(BrokerStartException.class)
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("is in use by process " + child.pid())
                    .hasMessageContaining("--data");
            child.kill();
        }
        long killed = System.nanoTime();
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            KafkaEndpoint endpoint = KafkaEndpoint.at(broker.bootstrap());
            assertThat(seqs(endpoint)).containsExactlyElementsOf(upTo(1000));
            assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(Duration.ofSeconds(20));
        }
    }

    @Test
    void aTakenPortIsSaidToBeTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> EmbeddedBroker.start(directory, taken.getLocalPort()))
                    .isInstanceOf(BrokerStartException.class)
                    .hasMessageContaining("port " + taken.getLocalPort() + " on 127.0.0.1 is taken")
                    .hasMessageContaining("--port");
        }
        EmbeddedBroker.start(directory, 0).close();
    }

    @Test
    void aDirectoryServesOneBrokerAtATime() throws Exception {
        EmbeddedBroker broker = EmbeddedBroker.start(directory, 0);
        try (broker) {
            assertThatThrownBy(() -> EmbeddedBroker.start(directory, 0))
                    .isInstanceOf(BrokerStartException.class)
                    .hasMessageContaining("is in use by this process itself");
        }
        broker.close();
        EmbeddedBroker.start(directory, 0).close();
    }

    @Test
    void aDirectoryThatCannotBeIsAnErrorThatNamesIt() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> EmbeddedBroker.start(file.resolve("kafka"), 0))
                .isInstanceOf(BrokerStartException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void topicsAreNotCreatedByAccident() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0)) {
            KafkaEndpoint endpoint = KafkaEndpoint.at(broker.bootstrap());
            assertThatThrownBy(() -> EventEmitter.open(endpoint))
                    .isInstanceOf(KafkaStreamException.class)
                    .hasMessageContaining(Topics.EVENTS);
        }
    }

    @Test
    void aClusterThatIsNotThereIsReportedAndNotWaitedForForever() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            KafkaEndpoint endpoint = new KafkaEndpoint(
                    "127.0.0.1:" + silent.getLocalPort(),
                    Map.of("default.api.timeout.ms", "1500", "request.timeout.ms", "1000"));
            assertThatThrownBy(() -> StreamTopics.embedded().create(endpoint))
                    .isInstanceOf(KafkaStreamException.class)
                    .hasMessageContaining("127.0.0.1:" + silent.getLocalPort())
                    .hasMessageContaining("Check that a broker runs there");
        }
    }

    private static void emit(KafkaEndpoint endpoint, long from, long to) {
        try (EventEmitter emitter = EventEmitter.open(endpoint)) {
            for (long seq = from; seq <= to; seq++) {
                emitter.emit(SESSION, tick(seq));
            }
            emitter.flush();
            assertThat(emitter.report().sent()).isEqualTo(to - from + 1);
            assertThat(emitter.report().acknowledged()).isEqualTo(to - from + 1);
        }
    }

    private static Event tick(long seq) {
        return ClockTick.builder().build(seq, seq, 0, 0, 0, Source.SIMULATOR);
    }

    private static List<Long> seqs(KafkaEndpoint endpoint) {
        List<Long> seqs = new ArrayList<>();
        try (EventTail tail = EventTail.fromBeginning(endpoint, List.of(Topics.EVENTS))) {
            while (!tail.atEnd()) {
                tail.poll(Duration.ofMillis(200))
                        .forEach(e -> seqs.add(e.event().seq()));
            }
        }
        return seqs;
    }

    private static List<Long> upTo(long last) {
        return java.util.stream.LongStream.rangeClosed(1, last).boxed().toList();
    }
}
