package dev.fenceline.stack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetainedCheckpointsTest {
    @TempDir
    Path directory;

    @Test
    void findsNothingWhereNothingIs() throws Exception {
        assertThat(newest(directory.resolve("missing"))).isNull();
        assertThat(newest(directory)).isNull();
    }

    @Test
    void goesByTheNumberAndNotByTheName() throws Exception {
        write("job/chk-9", 9);
        write("job/chk-10", 10);
        Path savepoint = write("savepoint-0a1b2c", 11);

        assertThat(newest(directory)).isEqualTo(savepoint);
    }

    @Test
    void passesOverWhatAKillLeftHalfWritten() throws Exception {
        Path last = write("job/chk-4", 4);
        Files.writeString(
                Files.createDirectories(directory.resolve("job/chk-5")).resolve("state"), "state, but no metadata");
        Files.writeString(
                Files.createDirectories(directory.resolve("job/chk-6")).resolve("._metadata.inprogress.1"),
                "not yet renamed");

        assertThat(newest(directory)).isEqualTo(last);
    }

    @Test
    void passesOverWhatCannotBeRead() throws Exception {
        Path readable = write("job/chk-4", 4);
        Path truncated = write("job/chk-5", 5).resolve("_metadata");
        byte[] bytes = Files.readAllBytes(truncated);
        Files.write(truncated, Arrays.copyOf(bytes, bytes.length / 2));

        assertThat(newest(directory)).isEqualTo(readable);
    }

    private static @Nullable Path newest(Path directory) throws IOException {
        return new RetainedCheckpoints(directory).newest().orElse(null);
    }

    private Path write(String name, long number) throws IOException {
        Path checkpoint = Files.createDirectories(directory.resolve(name));
        try (OutputStream out = Files.newOutputStream(checkpoint.resolve("_metadata"))) {
            Checkpoints.storeCheckpointMetadata(new CheckpointMetadata(number, List.of(), List.of()), out);
        }
        return checkpoint;
    }
}
