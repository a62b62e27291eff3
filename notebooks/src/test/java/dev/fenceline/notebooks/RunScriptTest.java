package dev.fenceline.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script tells a notebook that fails from one that does not: without this, the other tests would prove nothing. */
class RunScriptTest {
    @TempDir
    private Path directory;

    @BeforeAll
    static void assumeJupyter(@TempDir Path directory) throws IOException, InterruptedException {
        Jupyter.assumeInstalled(directory);
    }

    private Jupyter.Outcome execute(String java, String... options) throws IOException, InterruptedException {
        Path notebook = Files.writeString(directory.resolve("cell.ipynb"), """
                {"cells": [{"cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, "outputs": [],
                            "source": "%s"}],
                 "metadata": {"kernelspec": {"display_name": "Java", "language": "java", "name": "fenceline"}},
                 "nbformat": 4, "nbformat_minor": 5}
                """.formatted(java));
        Path store = directory.resolve("any.duckdb");
        Files.writeString(store, "");
        return new Jupyter(directory).execute(notebook, result(), Map.of("FENCELINE_STORE", store.toString()), options);
    }

    private Path result() {
        return directory.resolve("result.ipynb");
    }

    @Test
    void aCellThatEndsIsFine() throws IOException, InterruptedException {
        Jupyter.Outcome outcome = execute("System.out.println(6 * 7);");

        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        assertThat(Notebook.read(result()).printed("a")).isEqualTo("42\n");
    }

    @Test
    void aCellThatThrowsIsAFailure() throws IOException, InterruptedException {
        Jupyter.Outcome outcome = execute("throw new IllegalStateException(Integer.toString(6 * 7));");

        assertThat(outcome.exitCode()).as(outcome.output()).isEqualTo(1);
        assertThat(outcome.output()).contains("IllegalStateException").contains("42");
        assertThat(result()).doesNotExist();
    }

    @Test
    void aCellThatDoesNotCompileIsAFailure() throws IOException, InterruptedException {
        Jupyter.Outcome outcome = execute("int answer = nothing;");

        assertThat(outcome.exitCode()).as(outcome.output()).isEqualTo(1);
        assertThat(outcome.output()).contains("nothing");
    }

    @Test
    void aCellThatDoesNotEndIsAFailure() throws IOException, InterruptedException {
        Jupyter.Outcome outcome = execute("while (true) { Thread.onSpinWait(); }", "--seconds", "2");

        assertThat(outcome.exitCode()).as(outcome.output()).isEqualTo(1);
        assertThat(outcome.output()).containsIgnoringCase("timeout");
    }

    @Test
    void aStoreThatIsNotThereIsSaidBeforeAnythingRuns() throws IOException, InterruptedException {
        Jupyter.Outcome outcome = new Jupyter(directory).execute(Path.of("first-tour.ipynb"), result(), Map.of());

        assertThat(outcome.exitCode()).isEqualTo(3);
        assertThat(outcome.output())
                .contains("there is no store " + directory.resolve("fenceline").resolve("fenceline.duckdb"))
                .contains("./fenceline demo");
    }

    @Test
    void aWrongOptionIsSaid() throws IOException, InterruptedException {
        Jupyter.Outcome outcome =
                new Jupyter(directory).execute(Path.of("first-tour.ipynb"), result(), Map.of(), "--sesion", "1");

        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.output()).contains("there is no option --sesion").contains("--help");
    }
}
