package dev.fenceline.crash;

import dev.fenceline.recorder.Recorder;
import dev.fenceline.recorder.RecorderOptions;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.recorder.store.SqlRejectedException;
import dev.fenceline.recorder.store.Store;
import dev.fenceline.recorder.store.StoreOptions;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A recorder into a store. Asked anything, it says how many rows of what are there. */
final class RecorderProcess {
    private RecorderProcess() {}

    public static void main(String[] arguments) throws Exception {
        // Small, frequent transactions: a kill should find one under way.
        RecorderOptions options = new RecorderOptions(10_000, Duration.ofMillis(50));
        try (Store store = Store.open(Path.of(arguments[1]), StoreOptions.defaults());
                Recorder recorder = Recorder.open(KafkaEndpoint.at(arguments[0]), store, options, progress -> {})) {
            Thread thread = new Thread(recorder::run, "recorder");
            thread.start();
            Parent.say("ready");
            Parent.listen(line -> Parent.say("rows " + rows(store)));
            recorder.stop();
            thread.join();
        }
    }

    private static @Nullable Object rows(Store store) {
        try {
            return store.query(
                            "SELECT concat((SELECT coalesce(sum(events), 0) FROM session), ' ',"
                                    + " (SELECT count(*) FROM alert) + (SELECT count(*) FROM verdict)"
                                    + " + (SELECT count(*) FROM session_checked))",
                            1)
                    .rows()
                    .get(0)
                    .get(0);
        } catch (SqlRejectedException e) {
            throw new IllegalStateException(e);
        }
    }
}
