package dev.fenceline.stack;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints and savepoints of one job in a directory of their own, and which of them to go on from.
 *
 * <p>Each is a directory with a file {@value #METADATA}, which is written last. Checkpoints and savepoints of a job are numbered by
 * one counter, which goes on after a restart, so the newest is the one with the highest number. A directory without that file was
 * begun when the process died, and is nothing.
 */
final class RetainedCheckpoints {
    private static final Logger LOG = LoggerFactory.getLogger(RetainedCheckpoints.class);
    private static final String METADATA = "_metadata";
    /** The directory itself, one for the job, one for the checkpoint, and the file. */
    private static final int DEPTH = 3;

    private final Path directory;

    RetainedCheckpoints(Path directory) {
        this.directory = directory;
    }

    /** The newest complete one, or empty if there is none. */
    Optional<Path> newest() throws IOException {
        if (!Files.isDirectory(directory)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.find(
                directory, DEPTH, (file, attributes) -> file.endsWith(METADATA) && attributes.isRegularFile())) {
            return files.map(RetainedCheckpoints::read)
                    .flatMap(Optional::stream)
                    .max((a, b) -> Long.compare(a.number, b.number))
                    .map(checkpoint -> checkpoint.directory);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static Optional<Numbered> read(Path metadata) {
        Path directory = metadata.resolveSibling(".").normalize();
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(metadata)))) {
            long number = Checkpoints.loadCheckpointMetadata(
                            in, RetainedCheckpoints.class.getClassLoader(), directory.toString())
                    .getCheckpointId();
            return Optional.of(new Numbered(number, directory));
        } catch (IOException | RuntimeException e) {
            // Not the trace of a killed process, as the file appears by renaming; a disk that lost power may do this.
            LOG.warn(
                    "the checkpoint {} cannot be read ({}); going on from an older one, whose alerts since may come twice",
                    directory,
                    e.toString());
            return Optional.empty();
        }
    }

    private record Numbered(long number, Path directory) {}
}
