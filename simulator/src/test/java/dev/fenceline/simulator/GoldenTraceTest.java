package dev.fenceline.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.text.TraceWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What each scenario begins with, word for word. {@code -Dgolden.update=true} writes the files anew; review the difference. */
class GoldenTraceTest {
    private static final long LINES = 200;

    static Stream<String> scenarios() {
        return Scenarios.all().stream().map(Scenario::name);
    }

    @ParameterizedTest(name = "{0} --seed 1")
    @MethodSource("scenarios")
    void beginsAsRecorded(String name) throws IOException {
        String file = name + ".seed-1.trace";
        String text = text(Objects.requireNonNull(Scenarios.named(name)));
        if (Boolean.getBoolean("golden.update")) {
            Path golden = Path.of("src/test/resources/golden");
            Files.createDirectories(golden);
            Files.writeString(golden.resolve(file), text);
            return;
        }
        try (InputStream recorded = GoldenTraceTest.class.getResourceAsStream("/golden/" + file)) {
            assertThat(recorded).as(file).isNotNull();
            assertThat(text).isEqualTo(new String(recorded.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static String text(Scenario scenario) {
        StringBuilder text = new StringBuilder();
        TraceWriter writer = new TraceWriter(text);
        Simulation.of(scenario, 1, List.of(), Limits.events(LINES)).run(event -> {
            try {
                writer.write(event);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return text.toString();
    }
}
