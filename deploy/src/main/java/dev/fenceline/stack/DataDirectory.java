package dev.fenceline.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Where Fenceline keeps what it records: the directory a user names, else {@code fenceline} in the XDG data home. */
public record DataDirectory(Path root) {

    /** The directory for a user's {@code --data} option, null if it was not given. */
    public static DataDirectory of(@Nullable Path option, Map<String, String> environment) {
        if (option != null) {
            return new DataDirectory(option.toAbsolutePath().normalize());
        }
        // The XDG rules: a relative path in the variable is to be ignored.
        String home = environment.get("XDG_DATA_HOME");
        Path base = home != null && Path.of(home).isAbsolute()
                ? Path.of(home)
                : Path.of(System.getProperty("user.home"), ".local", "share");
        return new DataDirectory(base.resolve("fenceline"));
    }

    /** The store of all recorded sessions. */
    public Path store() {
        return root.resolve("fenceline.duckdb");
    }

    /** The embedded broker's log. */
    public Path kafka() {
        return root.resolve("kafka");
    }

    /** The embedded rules job's checkpoints. */
    public Path flink() {
        return root.resolve("flink");
    }

    /** What broker, recorder and rules job log. */
    public Path log() {
        return root.resolve("fenceline.log");
    }

    /** The port the embedded broker had last. */
    OptionalInt lastPort() {
        try {
            return OptionalInt.of(
                    Integer.parseInt(Files.readString(root.resolve("port")).strip()));
        } catch (IOException | NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    void rememberPort(int port) {
        try {
            Files.writeString(root.resolve("port"), port + "\n");
        } catch (IOException e) {
            throw new StackException("cannot write to the data directory " + root + ": " + e.getMessage(), e);
        }
    }

    /** Says where a running stack can be reached. */
    public Path stackFile() {
        return root.resolve("stack.json");
    }

    /**
     * Creates the directory if it is missing, readable by its owner only: traces tell what a machine did.
     *
     * @throws StackException if it cannot be created
     */
    public DataDirectory create() {
        try {
            if (!Files.isDirectory(root)) {
                Files.createDirectories(root);
                if (Files.getFileStore(root).supportsFileAttributeView("posix")) {
                    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
                }
            }
            return this;
        } catch (IOException e) {
            throw new StackException(
                    "cannot create the data directory " + root + " (" + e + "); choose another with --data DIR", e);
        }
    }
}
