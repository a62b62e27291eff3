package dev.fenceline.notebooks;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs the script {@code run} of this module, in an environment of its own. */
final class Jupyter {
    private static final Path SCRIPT = Path.of("run").toAbsolutePath();

    /** Above the script's own limits, which are to end it first. */
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private final Path directory;

    /**
     * What came of a run.
     *
     * @param output what it wrote to stdout and stderr
     */
    record Outcome(int exitCode, String output) {}

    /** Keeps everything that Jupyter writes below {@code directory}. */
    Jupyter(Path directory) {
        this.directory = directory;
    }

    /** Skips the test that calls this where no notebook can be executed. */
    static void assumeInstalled(Path directory) throws IOException, InterruptedException {
        boolean installed = false;
        for (String place : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            installed |= Files.isExecutable(Path.of(place, "jupyter-nbconvert"));
        }
        assumeTrue(
                installed,
                "notebooks are executed where Jupyter is installed (Debian: apt-get install jupyter-nbconvert"
                        + " jupyter-client); there is no jupyter-nbconvert on the PATH");
        Outcome version = new Jupyter(directory).command(List.of("jupyter", "nbconvert", "--version"), Map.of());
        assumeTrue(
                version.exitCode() == 0,
                "notebooks are executed where Jupyter works; here, jupyter nbconvert --version says "
                        + version.output());
    }

    /** Executes {@code notebook} without a browser and writes the result to {@code result}. */
    Outcome execute(Path notebook, Path result, Map<String, String> environment, String... options)
            throws IOException, InterruptedException {
        List<String> words =
                new ArrayList<>(List.of("sh", SCRIPT.toString(), "--execute", "--output", result.toString()));
        words.addAll(List.of(options));
        words.add(notebook.toString());
        return command(words, environment);
    }

    private Outcome command(List<String> words, Map<String, String> environment)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(directory, "output", ".txt");
        ProcessBuilder builder = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        Map<String, String> variables = builder.environment();
        variables.keySet().removeIf(name -> name.startsWith("JUPYTER_") || name.startsWith("FENCELINE_"));
        variables.put("HOME", directory.toString());
        variables.put("XDG_DATA_HOME", directory.toString());
        variables.put("JUPYTER_CONFIG_DIR", directory.resolve("jupyter-config").toString());
        variables.put("JUPYTER_DATA_DIR", directory.resolve("jupyter-data").toString());
        variables.put(
                "JUPYTER_RUNTIME_DIR", directory.resolve("jupyter-runtime").toString());
        variables.put("JAVA_HOME", System.getProperty("java.home"));
        variables.put("FENCELINE_BUILD", "never");
        variables.putAll(environment);

        Process process = builder.start();
        boolean ended = false;
        try {
            ended = process.waitFor(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            if (!ended) {
                // The kernel is a child of Jupyter and would outlive it.
                List<ProcessHandle> tree = process.descendants().toList();
                process.destroyForcibly();
                tree.forEach(ProcessHandle::destroyForcibly);
            }
        }
        String text = Files.readString(output, StandardCharsets.UTF_8);
        if (!ended) {
            throw new AssertionError(words + " did not end within " + LONGEST + "; so far it wrote: " + text);
        }
        return new Outcome(process.exitValue(), text);
    }
}
