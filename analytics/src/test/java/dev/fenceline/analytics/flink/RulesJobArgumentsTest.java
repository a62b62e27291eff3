package dev.fenceline.analytics.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.fenceline.recorder.kafka.KafkaEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RulesJobArgumentsTest {
    @Test
    void needNoMoreThanACluster() {
        assertThat(RulesJobArguments.parse("--bootstrap", "a:1,b:2").options())
                .isEqualTo(RulesJobOptions.on(KafkaEndpoint.at("a:1,b:2")));
    }

    @Test
    void setWhatTheyName(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("kafka.properties");
        Files.writeString(file, "security.protocol=SSL\n");

        RulesJobOptions options = RulesJobArguments.parse(
                        "--parallelism",
                        "4",
                        "--bootstrap",
                        "a:1",
                        "--kafka-properties",
                        file.toString(),
                        "--checkpoint-interval",
                        "500ms",
                        "--rules-off",
                        "A-T01,U01",
                        "--silence",
                        "2h",
                        "--consumer-group",
                        "g",
                        "--transactional-id-prefix",
                        "t",
                        "--transaction-timeout",
                        "20min")
                .options();

        assertThat(options)
                .isEqualTo(new RulesJobOptions(
                        new KafkaEndpoint("a:1", Map.of("security.protocol", "SSL")),
                        4,
                        Duration.ofMillis(500),
                        List.of("A-T01", "U01"),
                        Duration.ofHours(2),
                        "g",
                        "t",
                        Duration.ofMinutes(20)));
    }

    @Test
    void mayAskForHelp() {
        assertThat(RulesJobArguments.parse("--bootstrap", "a:1", "--help").helpWanted())
                .isTrue();
    }

    @Test
    void areRefusedWithTheReason() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RulesJobArguments.parse())
                .withMessageContaining("--bootstrap is missing");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RulesJobArguments.parse("--bootstrap"))
                .withMessageContaining("--bootstrap needs a value");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RulesJobArguments.parse("--bootstrap", "a:1", "--paralelism", "2"))
                .withMessageContaining("no option --paralelism");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RulesJobArguments.parse("--bootstrap", "a:1", "--parallelism", "many"))
                .withMessageContaining("--parallelism needs a number, not \"many\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RulesJobArguments.parse("--bootstrap", "a:1", "--parallelism", "0"))
                .withMessageContaining("from 1 to 128");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RulesJobArguments.parse("--bootstrap", "a:1", "--silence", "soon"))
                .withMessageContaining("--silence needs a time");
    }

    @Test
    void areRefusedIfTheyNameNoRule() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RuleSelection.without(List.of("A-T01", "X-99")))
                .withMessageContaining("there is no rule X-99");
    }
}
