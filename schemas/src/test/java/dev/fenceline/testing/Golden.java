package dev.fenceline.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that say what must come out. {@code -Dgolden.update=true} rewrites them; the difference is then reviewed as code. */
public final class Golden {
    private Golden() {}

    /** Fails unless {@code file} of the module holds exactly {@code content}. */
    public static void mustHold(Path file, String content) throws IOException {
        if (Boolean.getBoolean("golden.update")) {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, content);
        }
        assertThat(Files.exists(file) ? Files.readString(file) : "")
                .as("%s; rerun with -Dgolden.update=true if the change is meant, and review the difference", file)
                .isEqualTo(content);
    }
}
