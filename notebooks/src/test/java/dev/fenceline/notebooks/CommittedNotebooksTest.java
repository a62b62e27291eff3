package dev.fenceline.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is true of every notebook in the repository, whether it can be executed here or not. */
class CommittedNotebooksTest {
    static Stream<Path> notebooks() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(""))) {
            return files.filter(file -> file.toString().endsWith(".ipynb")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("notebooks")
    void holdNoOutputs(Path file) throws IOException {
        Notebook notebook = Notebook.read(file);

        assertThat(notebook.codeCells())
                .isNotEmpty()
                .doesNotHaveDuplicates()
                .allSatisfy(id -> assertThat(notebook.outputs(id)).isZero())
                .allSatisfy(id -> assertThat(notebook.executed(id)).isFalse());
    }

    @ParameterizedTest
    @MethodSource("notebooks")
    void useSqlAndNoClassesOfFenceline(Path file) throws IOException {
        assertThat(Files.readString(file)).contains("java.sql").doesNotContain("dev.fenceline");
    }
}
