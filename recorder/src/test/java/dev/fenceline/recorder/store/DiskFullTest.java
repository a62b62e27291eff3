package dev.fenceline.recorder.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fenceline.event.Event;
import dev.fenceline.testing.SampleSessions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real file system that is really full: a small tmpfs, which takes root to mount. */
class DiskFullTest {
    private static final UUID SESSION = new UUID(4, 4);
    private static final int FILLER_BYTES = 5_000_000;

    @TempDir
    private Path mountPoint;

    private boolean mounted;

    @BeforeEach
    void mount() throws Exception {
        mounted = run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", mountPoint.toString());
        assumeTrue(mounted, "cannot mount a tmpfs here, which takes root; nothing else is a full disk");
        Files.write(mountPoint.resolve("filler"), new byte[FILLER_BYTES]);
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            assertThat(run("umount", mountPoint.toString())).isTrue();
        }
    }

    @Test
    void aFullDiskIsSaidToBeFullAndNothingIsLost() throws IOException {
        List<Event> events = SampleSessions.whole(SESSION, 5, 100);
        Path file = mountPoint.resolve("fenceline.duckdb");
        int landed = 0;
        try (Store store = Store.open(file, StoreOptions.defaults())) {
            Landing landing = store.landing();
            StoreException failure = null;
            while (failure == null) {
                int to = landed + 1000;
                assertThat(to).as("the disk should have been full by now").isLessThan(events.size());
                Sessions.accept(landing, SESSION, events, landed, to);
                failure = catchThrowableOfType(StoreException.class, landing::land);
                landed = failure == null ? to : landed;
            }
            assertThat(failure.kind()).isEqualTo(StoreException.Kind.DISK_FULL);
            assertThat(failure)
                    .hasMessageContaining("the disk of the store " + file + " is full")
                    .hasMessageContaining("Nothing is lost")
                    .hasMessageContaining("start the recorder again");
            assertThat(Sessions.read(store, SESSION)).containsExactlyElementsOf(events.subList(0, landed));

            Files.delete(mountPoint.resolve("filler"));
            landing.land();
            landed += 1000;
            assertThat(Sessions.read(store, SESSION)).containsExactlyElementsOf(events.subList(0, landed));
        }
        try (Store store = Store.open(file, StoreOptions.defaults())) {
            assertThat(store.nextOffsets()).containsEntry(Sessions.EVENTS_0, (long) landed);
            assertThat(Sessions.read(store, SESSION)).containsExactlyElementsOf(events.subList(0, landed));
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
