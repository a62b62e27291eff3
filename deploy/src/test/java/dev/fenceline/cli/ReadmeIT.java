package dev.fenceline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs what the README shows and compares what comes out. A block {@code ```console} holds commands behind {@code $}, each with its
 * output; what differs from run to run (uuids, directories) is the same to it. {@code -Dgolden.update=true} writes the outputs anew.
 */
class ReadmeIT {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path README = ROOT.resolve("README.md");
    private static final int MINUTES = 5;
    private static final Pattern UUID = Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    @TempDir
    private Path data;

    @Test
    void theCommandsOfTheReadmeGiveTheOutputOfTheReadme() throws Exception {
        List<String> rewritten = new ArrayList<>();
        boolean inside = false;
        int commands = 0;
        for (String line : Files.readAllLines(README)) {
            if (line.startsWith("```")) {
                inside = line.equals("```console");
                rewritten.add(line);
            } else if (inside && line.startsWith("$ ")) {
                rewritten.add(line);
                rewritten.addAll(run(line.substring(2)));
                commands++;
            } else if (!inside) {
                rewritten.add(line);
            }
        }
        assertThat(commands).as("commands in the README").isGreaterThan(4);
        String text = String.join("\n", rewritten) + "\n";
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(README, text);
        }
        assertThat(normal(Files.readString(README)))
                .as("README.md; rerun with -Dgolden.update=true if the change is meant, and review the difference")
                .isEqualTo(normal(text));
    }

    private List<String> run(String command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", command).directory(ROOT.toFile());
        builder.environment().put("XDG_DATA_HOME", data.toString());
        builder.environment().put("FENCELINE_BUILD", "never");
        builder.environment().put("NO_COLOR", "1");
        Path errors = Files.createTempFile(data, "stderr", ".txt");
        builder.redirectError(errors.toFile());
        Process process = builder.start();
        List<String> output;
        try (var reader = process.inputReader()) {
            output = reader.lines()
                    .map(line -> line.replace(data.toString(), "~/.local/share"))
                    .map(String::stripTrailing)
                    .toList();
        }
        assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).as(command).isTrue();
        assertThat(process.exitValue())
                .as("exit code of %s; standard error: %s", command, Files.readString(errors))
                .isIn(ExitCode.FINE, ExitCode.VIOLATIONS);
        return output;
    }

    private static String normal(String text) {
        return UUID.matcher(text).replaceAll("UUID");
    }
}
