package dev.fenceline.stack;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A process that is nothing but an embedded broker, to be killed. Arguments: directory, port. */
final class BrokerProcess {
    private BrokerProcess() {}

    public static void main(String[] arguments) throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(Path.of(arguments[0]), Integer.parseInt(arguments[1]))) {
            System.out.println("LISTENING " + broker.bootstrap());
            System.out.flush();
            new CountDownLatch(1).await();
        }
    }
}
