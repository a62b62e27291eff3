package dev.fenceline.analytics.flink;

import dev.fenceline.recorder.kafka.StreamTopics;
import dev.fenceline.wire.Topics;
import java.time.Duration;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamUtils;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The rules over every session in Kafka: {@link Topics#EVENTS} in; alerts and verdicts to {@link Topics#ALERTS}, and which sessions
 * were checked to {@link Topics#SESSIONS}, out. Each event counts exactly once, whatever fails: what is written becomes visible to
 * readers of committed records when the checkpoint that covers it is complete.
 *
 * <p>Sessions are the unit of parallelism. The state of an operator is found again by its uid: those here never change.
 */
public final class RulesJob {
    /** The job's name on a cluster. */
    public static final String NAME = "fenceline-rules";

    private static final int EVENT_PARTITIONS = 4;
    private static final short BROKERS_DEFAULT = -1;
    private static final Duration EVENT_RETENTION = Duration.ofDays(7);

    private RulesJob() {}

    /**
     * Submits the job to the cluster whose command line client runs this. See {@link RulesJobArguments} for the arguments.
     *
     * @param arguments what was typed
     */
    public static void main(String[] arguments) throws Exception {
        RulesJobArguments parsed = RulesJobArguments.parse(arguments);
        if (parsed.helpWanted()) {
            System.out.println(RulesJobArguments.HELP);
            return;
        }
        RulesJobOptions options = parsed.options();
        new StreamTopics(EVENT_PARTITIONS, BROKERS_DEFAULT, EVENT_RETENTION).create(options.kafka());
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment(configuration(options));
        describe(environment, options);
        environment.execute(NAME);
    }

    /** How the job wants Flink to be set, wherever it runs. What is not here, such as directories, is the cluster's to say. */
    public static Configuration configuration(RulesJobOptions options) {
        Configuration configuration = new Configuration();
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, options.checkpointInterval());
        configuration.set(CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
        configuration.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        // A checkpoint that fails, for instance as the broker is away, is tried again at the next interval.
        configuration.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, Integer.MAX_VALUE);
        // Sessions live as objects. A backend that serialises state at every access would write a whole session per
        // event.
        configuration.set(StateBackendOptions.STATE_BACKEND, "hashmap");
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "exponential-delay");
        configuration.set(
                RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_INITIAL_BACKOFF, Duration.ofMillis(200));
        configuration.set(
                RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_MAX_BACKOFF, Duration.ofSeconds(10));
        configuration.set(PipelineOptions.GENERIC_TYPES, false);
        configuration.set(PipelineOptions.AUTO_GENERATE_UIDS, false);
        // Everything on an edge is immutable, so chained operators may share it.
        configuration.set(PipelineOptions.OBJECT_REUSE, true);
        configuration.set(PipelineOptions.MAX_PARALLELISM, RulesJobOptions.MAX_PARALLELISM);
        return configuration;
    }

    /** Adds the job to {@code environment}, whose configuration {@link #configuration} made. */
    public static void describe(StreamExecutionEnvironment environment, RulesJobOptions options) {
        environment.setParallelism(options.parallelism());
        DataStream<EventRecord> events = environment
                .fromSource(source(options), WatermarkStrategy.noWatermarks(), "events", StreamTypes.EVENT_RECORD)
                .uid("events");
        bySession(events, options.parallelism())
                .process(
                        new RulesFunction(RuleSelection.without(options.rulesOff()), options.silence()),
                        StreamTypes.DERIVED_RECORD)
                .uid("rules")
                .name("rules")
                .sinkTo(sink(options))
                .uid("derived")
                .name("derived");
    }

    /**
     * With one subtask every session is at the right place already, so the stream is declared keyed and the operators chain: no
     * serialisation, no second thread. With more, Kafka's spread of keys over partitions is not Flink's spread of keys over
     * subtasks, so the records must be shuffled.
     */
    private static KeyedStream<EventRecord, String> bySession(DataStream<EventRecord> events, int parallelism) {
        return parallelism == 1
                ? DataStreamUtils.reinterpretAsKeyedStream(events, EventRecord::session, Types.STRING)
                : events.keyBy(EventRecord::session, Types.STRING);
    }

    private static KafkaSource<EventRecord> source(RulesJobOptions options) {
        return KafkaSource.<EventRecord>builder()
                .setProperties(clientSettings(options))
                .setBootstrapServers(options.kafka().bootstrapServers())
                .setTopics(Topics.EVENTS)
                .setGroupId(options.consumerGroup())
                .setClientIdPrefix(options.consumerGroup())
                // Without a checkpoint: from the oldest event Kafka has. With one: from where it says.
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setProperty("isolation.level", "read_committed")
                .setProperty("max.poll.records", "5000")
                .setDeserializer(new EventRecordReader())
                .build();
    }

    /** One sink for both topics: what is said of a session becomes visible together, in one transaction. */
    private static KafkaSink<DerivedRecord> sink(RulesJobOptions options) {
        return KafkaSink.<DerivedRecord>builder()
                .setKafkaProducerConfig(clientSettings(options))
                .setBootstrapServers(options.kafka().bootstrapServers())
                .setRecordSerializer(new DerivedRecordWriter())
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionalIdPrefix(options.transactionalIdPrefix())
                .setProperty(
                        "transaction.timeout.ms",
                        Long.toString(options.transactionTimeout().toMillis()))
                .build();
    }

    private static Properties clientSettings(RulesJobOptions options) {
        Properties settings = new Properties();
        settings.putAll(new TreeMap<>(options.kafka().settings()));
        return settings;
    }
}
