package dev.fenceline.recorder.kafka;

import dev.fenceline.wire.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * The topics Fenceline needs, created with everything stated: nothing is left to a broker's defaults.
 *
 * @param eventPartitions partitions of the events and alerts topics: how many sessions can be worked on side by side
 * @param replicas copies of each partition
 * @param eventRetention how long events and alerts stay in Kafka; the store keeps them regardless
 */
public record StreamTopics(int eventPartitions, short replicas, Duration eventRetention) {
    private static final Duration DEAD_LETTER_RETENTION = Duration.ofDays(30);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(15);
    private static final Duration PROPAGATION_POLL = Duration.ofMillis(20);

    /** One machine: four partitions, one replica, a week. */
    public static StreamTopics embedded() {
        return new StreamTopics(4, (short) 1, Duration.ofDays(7));
    }

    /**
     * Creates the topics that are not there yet, and returns when the cluster tells of all of them: the controller answers for them before
     * its brokers have heard. Those that are there stay as they are, whatever their settings.
     *
     * @throws KafkaStreamException if no broker answers or it refuses
     */
    public void create(KafkaEndpoint endpoint) {
        List<NewTopic> topics = topics();
        try (Admin admin = Admin.create(endpoint.client(adminDefaults()))) {
            for (KafkaFuture<Void> creation :
                    admin.createTopics(topics).values().values()) {
                try {
                    creation.get();
                } catch (ExecutionException e) {
                    if (!(e.getCause() instanceof TopicExistsException)) {
                        throw unanswered(endpoint, "create Fenceline's topics", e);
                    }
                }
            }
            awaitKnown(admin, endpoint, topics.stream().map(NewTopic::name).toList());
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static void awaitKnown(Admin admin, KafkaEndpoint endpoint, List<String> topics)
            throws InterruptedException {
        long deadline = System.nanoTime() + ANSWER_TIMEOUT.toNanos();
        while (true) {
            try {
                admin.describeTopics(topics).allTopicNames().get();
                return;
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException) || System.nanoTime() > deadline) {
                    throw unanswered(endpoint, "find the topics " + topics + ", just created,", e);
                }
                Thread.sleep(PROPAGATION_POLL.toMillis());
            }
        }
    }

    /** The partitions of each of {@code topics}, described by the broker: name to description, in the order of the names. */
    public static Map<String, TopicDescription> describe(KafkaEndpoint endpoint, List<String> topics) {
        try (Admin admin = Admin.create(endpoint.client(adminDefaults()))) {
            return new TreeMap<>(admin.describeTopics(topics).allTopicNames().get());
        } catch (ExecutionException e) {
            throw unanswered(endpoint, "describe the topics " + topics, e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private List<NewTopic> topics() {
        Map<String, String> kept =
                Map.of("cleanup.policy", "delete", "retention.ms", millis(eventRetention), "retention.bytes", "-1");
        Map<String, String> compacted = Map.of("cleanup.policy", "compact", "segment.ms", millis(Duration.ofDays(1)));
        Map<String, String> deadLetters = Map.of(
                "cleanup.policy", "delete", "retention.ms", millis(DEAD_LETTER_RETENTION), "retention.bytes", "-1");
        List<NewTopic> topics = new ArrayList<>();
        topics.add(new NewTopic(Topics.EVENTS, eventPartitions, replicas).configs(kept));
        topics.add(new NewTopic(Topics.ALERTS, eventPartitions, replicas).configs(kept));
        topics.add(new NewTopic(Topics.SESSIONS, 1, replicas).configs(compacted));
        topics.add(new NewTopic(Topics.DEAD_LETTERS, 1, replicas).configs(deadLetters));
        return topics;
    }

    private static Map<String, String> adminDefaults() {
        String timeout = millis(ANSWER_TIMEOUT);
        return Map.of("default.api.timeout.ms", timeout, "request.timeout.ms", timeout, "client.id", "fenceline-admin");
    }

    private static String millis(Duration duration) {
        return Long.toString(duration.toMillis());
    }

    private static KafkaStreamException unanswered(KafkaEndpoint endpoint, String what, ExecutionException failure) {
        Throwable cause = cause(failure);
        return new KafkaStreamException(
                "cannot " + what + " on the Kafka cluster at " + endpoint.bootstrapServers() + ": " + cause.getMessage()
                        + " Check that a broker runs there and that the client settings (TLS, SASL) fit it.",
                cause);
    }

    /** What went wrong in Kafka, without the wrapping of its futures. */
    static Throwable cause(ExecutionException failure) {
        Throwable cause = failure.getCause();
        return cause == null ? failure : cause;
    }

    static KafkaStreamException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new KafkaStreamException("interrupted while waiting for Kafka", cause);
    }
}
