package dev.fenceline.stack;

import dev.fenceline.recorder.Recorder;
import dev.fenceline.recorder.RecorderOptions;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.recorder.store.Store;
import dev.fenceline.recorder.store.StoreOptions;
import java.nio.file.Path;
import java.time.Duration;

/** A process that is nothing but a recorder with small transactions, to be killed. Arguments: bootstrap servers, store. */
final class RecorderProcess {
    private static final int MAX_ROWS = 2_000;

    private RecorderProcess() {}

    public static void main(String[] arguments) {
        try (Store store = Store.open(Path.of(arguments[1]), new StoreOptions("512MB", 1));
                Recorder recorder = Recorder.open(
                        KafkaEndpoint.at(arguments[0]),
                        store,
                        new RecorderOptions(MAX_ROWS, Duration.ofMillis(50)),
                        progress -> {
                            System.out.println("LANDED " + progress.rows());
                            System.out.flush();
                        })) {
            System.out.println("RECORDING");
            System.out.flush();
            recorder.run();
        }
    }
}
