package dev.fenceline.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code first-tour.ipynb}, executed on the sessions of {@code sessions.trace}. */
class FirstTourTest {
    private static final Path NOTEBOOK = Path.of("first-tour.ipynb");

    @TempDir
    private static Path directory;

    private static Notebook tour;

    @BeforeAll
    static void executeOnTheBusySession() throws IOException, InterruptedException {
        Jupyter.assumeInstalled(directory);
        RecordedStore.make(directory.resolve("fenceline").resolve("fenceline.duckdb"));
        tour = execute("1");
    }

    /** Executes the notebook, without an error in any cell, on the store that is in its place in the data home. */
    private static Notebook execute(String session) throws IOException, InterruptedException {
        Path result = directory.resolve("session-" + session + ".ipynb");
        Jupyter.Outcome outcome = new Jupyter(directory).execute(NOTEBOOK, result, Map.of(), "--session", session);
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        Notebook executed = Notebook.read(result);
        assertThat(executed.codeCells())
                .isNotEmpty()
                .allSatisfy(id -> assertThat(executed.executed(id)).isTrue())
                .allSatisfy(id -> assertThat(executed.outputKinds(id)).doesNotContain("error"));
        return executed;
    }

    @Test
    void listsTheSessionsOfTheStore() {
        assertThat(tour.printed("open")).contains("fenceline.duckdb");
        assertThat(tour.table("sessions"))
                .containsExactly(
                        "number|scenario|seed|driver|status|events|lost|ms|replay",
                        "1|compositor|1|xe|COMPLETE|22|0|25000.0|false",
                        "2|idle|2|xe|COMPLETE|3|0|1.0|false");
        assertThat(tour.printed("choice")).isEqualTo("Session 1\n");
    }

    @Test
    void saysWhatTheColumnsOfATableMean() {
        assertThat(tour.table("columns"))
                .contains(
                        "fence|BIGINT|The fence that signals when the copy is done; absent for a CPU copy. Id of: fence.");
    }

    @Test
    void countsTheEventsOfEveryTable() {
        assertThat(tour.table("timeline"))
                .containsExactly(
                        "event|events|first_seq|last_seq",
                        "dma_fence_init|5|4|17",
                        "bo_move|4|5|20",
                        "dma_fence_signaled|4|8|15",
                        "dma_fence_emit|3|11|19",
                        "bo_create|2|2|3",
                        "clock_tick|1|21|21",
                        "dma_fence_publish|1|18|18",
                        "session_end|1|22|22",
                        "session_start|1|1|1");
        assertThat(tour.table("beginning"))
                .hasSize(11)
                .contains("3|2000000|100|bo_create|bo=2 size=8388608 placement=SYSTEM");
    }

    @Test
    void countsMovesByPlacement() {
        assertThat(tour.table("moves"))
                .containsExactly(
                        "from|to|evict|kind|moves|bos|mib",
                        "SYSTEM|VRAM||BLIT|2|2|24.0",
                        "TT|VRAM||BLIT|1|1|8.0",
                        "VRAM|TT|true|MEMCPY|1|1|8.0");
    }

    @Test
    void drawsTheBytesMovedOverTime() throws IOException {
        assertThat(tour.printed("chart")).isEqualTo("32.000 MiB into VRAM, 8.000 MiB out of it\n");
        BufferedImage chart = tour.picture("chart");
        assertThat(chart.getWidth()).isEqualTo(800);
        assertThat(chart.getHeight()).isEqualTo(400);
        assertThat(IntStream.range(0, 800 * 400)
                        .map(i -> chart.getRGB(i % 800, i / 800))
                        .distinct()
                        .limit(20))
                .as("colours, as many as a picture has with lines and letters in it")
                .hasSize(20);
    }

    @Test
    void measuresFencesFromTheirEmissionOrElseFromTheirCreation() {
        assertThat(tour.table("fences"))
                .containsExactly(
                        "timeline|kind|fences|pending|min_us|median_us|p99_us|max_us",
                        "gfx|HARDWARE|3|1|100.0|200.0|298.0|300.0",
                        "copy|HARDWARE|2|0|2000.0|2500.0|2990.0|3000.0");
        assertThat(tour.table("pending"))
                .containsExactly("fence|timeline|kind|init_seq|age_ms", "5|gfx|HARDWARE|17|24985.0");
    }

    @Test
    void showsAlertsWithTheEventsThatProveThem() {
        assertThat(tour.table("alerts"))
                .containsExactly(
                        "seq|rule|rule_name|severity|subject|message|witness",
                        "21|A-F07|published-fence-completes|DEADLOCK|fence=5|the fence has not signalled for 10 s & <more>"
                                + "|[17, 18, 21]");
        assertThat(tour.html("alerts")).contains("10 s &amp; &lt;more&gt;");
        assertThat(tour.table("witness"))
                .containsExactly(
                        "rule|subject|role|seq|ts|tid|event|fields",
                        "A-F07|fence=5|created|17|13000000|101|dma_fence_init|fence=5 context=2 seqno=3 timeline=gfx kind=HARDWARE",
                        "A-F07|fence=5|published|18|14000000|101|dma_fence_publish|fence=5 where=RESV",
                        "A-F07|fence=5|too late|21|25000000000|0|clock_tick|");
    }

    @Test
    void copesWithASessionInWhichNothingHappens() throws IOException, InterruptedException {
        Notebook quiet = execute("2");

        assertThat(quiet.table("moves")).containsExactly("from|to|evict|kind|moves|bos|mib", "(no rows)");
        assertThat(quiet.table("fences")).last().isEqualTo("(no rows)");
        assertThat(quiet.table("alerts")).last().isEqualTo("(no rows)");
        assertThat(quiet.table("witness")).last().isEqualTo("(no rows)");
        assertThat(quiet.printed("chart")).isEqualTo("0.000 MiB into VRAM, 0.000 MiB out of it\n");
        assertThat(quiet.picture("chart").getWidth()).isEqualTo(800);
    }
}
