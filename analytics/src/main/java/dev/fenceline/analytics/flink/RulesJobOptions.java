package dev.fenceline.analytics.flink;

import dev.fenceline.recorder.kafka.KafkaEndpoint;
import java.time.Duration;
import java.util.List;

/**
 * What can be set about the rules job.
 *
 * @param kafka the cluster it reads from and writes to
 * @param parallelism how many sessions are checked side by side, at most; more than the events topic has partitions is of no use
 * @param checkpointInterval how often state is saved and, with it, alerts become visible
 * @param rulesOff ids of the rules not to judge by
 * @param silence after how long without an event a session gets its verdicts as if it had ended there, incomplete
 * @param consumerGroup under which the job shows how far it has read; its position is in its checkpoints
 * @param transactionalIdPrefix which no other job on the cluster may use
 * @param transactionTimeout after how long without a sign of life Kafka gives up the job's open transactions, and with them alerts
 *     that were checkpointed but not committed: longer than any time the job may be down, and at most the broker's
 *     {@code transaction.max.timeout.ms}
 */
public record RulesJobOptions(
        KafkaEndpoint kafka,
        int parallelism,
        Duration checkpointInterval,
        List<String> rulesOff,
        Duration silence,
        String consumerGroup,
        String transactionalIdPrefix,
        Duration transactionTimeout) {
    /** How many subtasks state can ever be spread over. Part of every checkpoint: never changes. */
    public static final int MAX_PARALLELISM = 128;

    /** Checks the figures. */
    public RulesJobOptions {
        rulesOff = List.copyOf(rulesOff);
        if (parallelism < 1 || parallelism > MAX_PARALLELISM) {
            throw new IllegalArgumentException(
                    "parallelism must be from 1 to " + MAX_PARALLELISM + ", not " + parallelism);
        }
        requirePositive("checkpoint interval", checkpointInterval);
        requirePositive("silence", silence);
        requirePositive("transaction timeout", transactionTimeout);
    }

    private static void requirePositive(String what, Duration value) {
        if (value.toMillis() <= 0) {
            throw new IllegalArgumentException("the " + what + " must be at least a millisecond, not " + value);
        }
    }

    /** One subtask, a checkpoint a second, all rules. */
    public static RulesJobOptions on(KafkaEndpoint kafka) {
        return new RulesJobOptions(
                kafka,
                1,
                Duration.ofSeconds(1),
                List.of(),
                Duration.ofDays(1),
                "fenceline-rules",
                "fenceline-rules",
                // The most that a broker allows unless it is told otherwise.
                Duration.ofMinutes(15));
    }

    /** These options with another {@link #parallelism()}. */
    public RulesJobOptions withParallelism(int value) {
        return new RulesJobOptions(
                kafka,
                value,
                checkpointInterval,
                rulesOff,
                silence,
                consumerGroup,
                transactionalIdPrefix,
                transactionTimeout);
    }

    /** These options with another {@link #checkpointInterval()}. */
    public RulesJobOptions withCheckpointInterval(Duration value) {
        return new RulesJobOptions(
                kafka, parallelism, value, rulesOff, silence, consumerGroup, transactionalIdPrefix, transactionTimeout);
    }

    /** These options with other {@link #rulesOff()}. */
    public RulesJobOptions withRulesOff(List<String> value) {
        return new RulesJobOptions(
                kafka,
                parallelism,
                checkpointInterval,
                value,
                silence,
                consumerGroup,
                transactionalIdPrefix,
                transactionTimeout);
    }

    /** These options with another {@link #silence()}. */
    public RulesJobOptions withSilence(Duration value) {
        return new RulesJobOptions(
                kafka,
                parallelism,
                checkpointInterval,
                rulesOff,
                value,
                consumerGroup,
                transactionalIdPrefix,
                transactionTimeout);
    }

    /** These options with another {@link #consumerGroup()}. */
    public RulesJobOptions withConsumerGroup(String value) {
        return new RulesJobOptions(
                kafka,
                parallelism,
                checkpointInterval,
                rulesOff,
                silence,
                value,
                transactionalIdPrefix,
                transactionTimeout);
    }

    /** These options with another {@link #transactionalIdPrefix()}. */
    public RulesJobOptions withTransactionalIdPrefix(String value) {
        return new RulesJobOptions(
                kafka, parallelism, checkpointInterval, rulesOff, silence, consumerGroup, value, transactionTimeout);
    }

    /** These options with another {@link #transactionTimeout()}. */
    public RulesJobOptions withTransactionTimeout(Duration value) {
        return new RulesJobOptions(
                kafka, parallelism, checkpointInterval, rulesOff, silence, consumerGroup, transactionalIdPrefix, value);
    }
}
