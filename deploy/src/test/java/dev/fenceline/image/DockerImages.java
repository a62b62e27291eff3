package dev.fenceline.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Whether a test may use a container image. Testcontainers would try for minutes to reach an engine or a registry that is not there;
 * this asks the engine first, which knows at once.
 */
final class DockerImages {
    private static final long PATIENCE_SECONDS = 10;

    private DockerImages() {}

    /** Why {@code image} cannot be run here, or empty if it can. */
    static Optional<String> missing(String image) throws IOException, InterruptedException {
        if (!succeeds("docker", "version")) {
            return Optional.of("no Docker engine answers here (docker version)");
        }
        if (!succeeds("docker", "image", "inspect", image)) {
            return Optional.of("the engine has no image " + image + " (docker pull " + image + ")");
        }
        if (Files.exists(Path.of("/.dockerenv")) && System.getenv("TESTCONTAINERS_HOST_OVERRIDE") == null) {
            return Optional.of("this runs in a container, where Testcontainers pulls an image to find its host;"
                    + " set TESTCONTAINERS_HOST_OVERRIDE, to localhost if the engine is in here too");
        }
        return Optional.empty();
    }

    private static boolean succeeds(String... command) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return false;
        }
        try {
            return process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
        } finally {
            process.destroyForcibly();
        }
    }
}
