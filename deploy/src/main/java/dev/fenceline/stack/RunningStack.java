package dev.fenceline.stack;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Optional;

/**
 * How other processes reach a stack that is up: what {@code stack.json} in its data directory says.
 *
 * @param pid the process
 * @param startedAt when that process started, in ms since 1970: pids are used again
 * @param bootstrap its Kafka
 * @param storePort loopback port of its {@link StoreServer}
 * @param token what the store server wants to hear; the file that holds it is readable by its owner only
 */
public record RunningStack(long pid, long startedAt, String bootstrap, int storePort, String token) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The stack that is up on this data directory, if one is. */
    public static Optional<RunningStack> on(DataDirectory directory) {
        Path file = directory.stackFile();
        try {
            if (!Files.exists(file)) {
                return Optional.empty();
            }
            RunningStack stack = JSON.readValue(file.toFile(), RunningStack.class);
            // A stack that was killed leaves its file behind.
            return ProcessHandle.of(stack.pid())
                    .filter(process -> process.isAlive() && startedAt(process) == stack.startedAt())
                    .map(process -> stack);
        } catch (IOException e) {
            throw new StackException(
                    "cannot read " + file + " (" + e.getMessage() + "); if no stack is up, remove it", e);
        }
    }

    /** What others need to reach a stack in this process. */
    static RunningStack here(String bootstrap, int storePort, String token) {
        ProcessHandle self = ProcessHandle.current();
        return new RunningStack(self.pid(), startedAt(self), bootstrap, storePort, token);
    }

    private static long startedAt(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    /** Tells others. */
    void announce(DataDirectory directory) {
        Path file = directory.stackFile();
        Path fresh = file.resolveSibling("stack.json.new");
        try {
            Files.deleteIfExists(fresh);
            if (Files.getFileStore(directory.root()).supportsFileAttributeView("posix")) {
                Files.createFile(
                        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            JSON.writeValue(fresh.toFile(), this);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new StackException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /** Stops telling others. */
    static void retract(DataDirectory directory) {
        try {
            Files.deleteIfExists(directory.stackFile());
        } catch (IOException e) {
            throw new StackException("cannot remove " + directory.stackFile() + ": " + e.getMessage(), e);
        }
    }
}
