package dev.fenceline.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.testing.Golden;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class CatalogueTest {
    @Test
    void theCataloguePageIsWhatTheSchemasSay() throws IOException {
        try (InputStream in = Objects.requireNonNull(EventType.class.getResourceAsStream("catalogue.md"))) {
            Golden.mustHold(Path.of("EVENTS.md"), new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void theSealedFamilyAndTheTypesAreTheSameEvents() {
        assertThat(Arrays.stream(Event.class.getPermittedSubclasses()).map(Class::getSimpleName))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(EventType.values())
                        .map(type -> type.newBuilder()
                                .build(1, 0, 0, 0, 0, Source.UNKNOWN)
                                .getClass()
                                .getSimpleName())
                        .toList());
    }

    @Test
    void whatIsNotRecordedIsAbsentAndNeverZero() {
        BoMove move = BoMove.builder().bo(5).build(1, 0, 0, 0, 0, Source.FTRACE);
        assertThat(move.bo()).isEqualTo(5);
        assertThat(move.hasSize()).isFalse();
        assertThat(move.size()).isEqualTo(Event.ABSENT);
        assertThat(move.from()).isEqualTo(Placement.UNKNOWN);
    }
}
