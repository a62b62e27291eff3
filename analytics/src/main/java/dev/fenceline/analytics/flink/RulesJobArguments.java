package dev.fenceline.analytics.flink;

import dev.fenceline.recorder.kafka.KafkaEndpoint;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.flink.util.TimeUtils;
import org.jspecify.annotations.Nullable;

/** The command line of {@link RulesJob}, which a cluster's client passes on. */
final class RulesJobArguments {
    static final String HELP = """
            Checks every session in Kafka by Fenceline's rules.

            flink run fenceline-job.jar --bootstrap HOST:PORT[,HOST:PORT]... [OPTION]...

              --bootstrap LIST              the Kafka cluster
              --kafka-properties FILE       further client settings, such as TLS and SASL
              --parallelism N               sessions checked side by side (1)
              --checkpoint-interval TIME    how often alerts become visible, such as 500ms or 10s (1s)
              --rules-off ID[,ID]...        rules not to judge by
              --silence TIME                drop an unfinished session after this long without events (1d)
              --consumer-group NAME         where the job shows its progress (fenceline-rules)
              --transactional-id-prefix P   which no other job may use (fenceline-rules)
              --transaction-timeout TIME    longer than the job may be down, at most what the brokers allow (15min)
              --help                        this text
            """;

    private final @Nullable RulesJobOptions options;

    private RulesJobArguments(@Nullable RulesJobOptions options) {
        this.options = options;
    }

    /** @throws IllegalArgumentException if they make no sense; the message says which and why */
    static RulesJobArguments parse(String... arguments) {
        Deque<String> rest = new ArrayDeque<>(List.of(arguments));
        Map<String, String> given = new TreeMap<>();
        while (!rest.isEmpty()) {
            String name = rest.removeFirst();
            if (name.equals("--help")) {
                return new RulesJobArguments(null);
            }
            if (rest.isEmpty()) {
                throw new IllegalArgumentException(name + " needs a value. --help lists the options.");
            }
            given.put(name, rest.removeFirst());
        }
        return new RulesJobArguments(optionsOf(given));
    }

    private static RulesJobOptions optionsOf(Map<String, String> given) {
        String bootstrap = given.remove("--bootstrap");
        if (bootstrap == null) {
            throw new IllegalArgumentException(
                    "--bootstrap is missing: which Kafka cluster? --help lists the options.");
        }
        String file = given.remove("--kafka-properties");
        RulesJobOptions options =
                RulesJobOptions.on(new KafkaEndpoint(bootstrap, file == null ? Map.of() : settings(Path.of(file))));
        for (Map.Entry<String, String> option : given.entrySet()) {
            options = with(options, option.getKey(), option.getValue());
        }
        return options;
    }

    private static RulesJobOptions with(RulesJobOptions options, String name, String value) {
        return switch (name) {
            case "--parallelism" -> options.withParallelism(number(name, value));
            case "--checkpoint-interval" -> options.withCheckpointInterval(duration(name, value));
            case "--rules-off" -> options.withRulesOff(List.of(value.split(",", -1)));
            case "--silence" -> options.withSilence(duration(name, value));
            case "--consumer-group" -> options.withConsumerGroup(value);
            case "--transactional-id-prefix" -> options.withTransactionalIdPrefix(value);
            case "--transaction-timeout" -> options.withTransactionTimeout(duration(name, value));
            default ->
                throw new IllegalArgumentException("there is no option " + name + ". --help lists those there are.");
        };
    }

    private static int number(String name, String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " needs a number, not \"" + value + "\"", e);
        }
    }

    private static Duration duration(String name, String value) {
        try {
            return TimeUtils.parseDuration(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    name + " needs a time such as 500ms, 10s or 15min, not \"" + value + "\"", e);
        }
    }

    private static Map<String, String> settings(Path file) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (IOException e) {
            throw new IllegalArgumentException("--kafka-properties: cannot read " + file + ": " + e.getMessage(), e);
        }
        Map<String, String> settings = new TreeMap<>();
        properties.stringPropertyNames().forEach(name -> settings.put(name, properties.getProperty(name)));
        return settings;
    }

    boolean helpWanted() {
        return options == null;
    }

    /** What was asked for, unless that was help. */
    RulesJobOptions options() {
        if (options == null) {
            throw new IllegalStateException("only help was asked for");
        }
        return options;
    }
}
