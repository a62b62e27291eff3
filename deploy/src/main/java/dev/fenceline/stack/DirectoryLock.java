package dev.fenceline.stack;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a data directory to one process. The lock is the operating system's, so it goes away with the process however that ends;
 * the file holds the process id, for the message to whoever comes second.
 */
final class DirectoryLock implements AutoCloseable {
    private static final String FILE_NAME = "fenceline.lock";

    private final FileChannel channel;
    private final FileLock lock;

    private DirectoryLock(FileChannel channel, FileLock lock) {
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Locks {@code directory}, created if missing.
     *
     * @param owner whose directory it is, for the message: "the broker"
     * @throws IOException if it cannot be written or somebody has it; the message is meant for the user
     */
    static DirectoryLock acquire(Path directory, String owner) throws IOException {
        Path file = directory.resolve(FILE_NAME);
        FileChannel channel;
        try {
            Files.createDirectories(directory);
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new IOException(
                    "cannot write to " + owner + "'s data directory " + directory + ": " + e
                            + ". Check its permissions, or choose another with --data DIR.",
                    e);
        }
        boolean acquired = false;
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw inUse(directory, owner, "process " + holder(file));
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
            acquired = true;
            return new DirectoryLock(channel, lock);
        } catch (OverlappingFileLockException e) {
            throw inUse(directory, owner, "this process itself");
        } finally {
            if (!acquired) {
                closeQuietly(channel);
            }
        }
    }

    private static IOException inUse(Path directory, String owner, String holder) {
        return new IOException(owner + "'s data directory " + directory + " is in use by " + holder
                + ". Use what runs there (--bootstrap), stop it, or choose another directory with --data DIR.");
    }

    private static String holder(Path file) throws IOException {
        String pid = Files.readString(file, StandardCharsets.US_ASCII).strip();
        return pid.isEmpty() ? "(unknown)" : pid;
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // The lock could not be had, which is what the caller hears about; the descriptor goes with the process.
        }
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            lock.release();
        }
    }
}
