package dev.fenceline.crash;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * A part of the stack in a process of its own, of which this one is the parent. It says what it does in lines on its output, and
 * stops cleanly when its input ends; so it also ends when the parent does.
 */
final class ChildProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final String name;
    private final Path log;
    private final Process process;
    private final PrintWriter input;
    private final List<String> lines = new CopyOnWriteArrayList<>();

    private ChildProcess(String name, Path log, Process process) {
        this.name = name;
        this.log = log;
        this.process = process;
        this.input = new PrintWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8), true);
        Thread reader = new Thread(this::readLines, name + " output");
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts {@code main} with this JVM's class path. What it logs goes to files in {@code directory}. */
    static ChildProcess start(Class<?> main, Path directory, Object... arguments) {
        Path log = directory.resolve(main.getSimpleName() + ".log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Xmx512m",
                // Many short lives: what counts is how fast it starts.
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED",
                "-Dfenceline.log=" + log,
                main.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.appendTo(errors(log).toFile()))
                    .start();
            return new ChildProcess(main.getSimpleName(), log, process);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void readLines() {
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.add(line);
            }
        } catch (IOException e) {
            lines.add("output ended: " + e);
        }
    }

    /** Waits for a line that starts with {@code word} and returns what follows it in the last such line. */
    String await(String word) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(10)).until(() -> {
            requireAlive(word);
            return last(word).isPresent();
        });
        return last(word).orElseThrow();
    }

    /** What follows {@code word} in the last line that starts with it. */
    Optional<String> last(String word) {
        for (int i = lines.size() - 1; i >= 0; i--) {
            String line = lines.get(i);
            if (line.startsWith(word + " ") || line.equals(word)) {
                return Optional.of(line.substring(word.length()).strip());
            }
        }
        return Optional.empty();
    }

    void requireAlive(String awaited) {
        if (!process.isAlive() && last(awaited).isEmpty()) {
            throw new IllegalStateException(name + " ended with " + process.exitValue() + " before it said \"" + awaited
                    + "\". It said " + lines + " and logged:\n" + logged());
        }
    }

    private static Path errors(Path log) {
        return log.resolveSibling(log.getFileName() + ".stderr");
    }

    private String logged() {
        try {
            return Files.readString(errors(log)) + (Files.exists(log) ? Files.readString(log) : "");
        } catch (IOException e) {
            return "(nothing: " + e + ")";
        }
    }

    /** Sends a line to its input. */
    void tell(String line) {
        input.println(line);
    }

    /** Kills it as {@code kill -9} does, and waits until it is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Lets it stop cleanly. */
    void stop() throws InterruptedException {
        input.close();
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException(name + " does not stop; it logged:\n" + logged());
        }
        if (process.exitValue() != 0) {
            throw new IllegalStateException(name + " ended with " + process.exitValue() + "; it logged:\n" + logged());
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
