package dev.fenceline.crash;

import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.recorder.kafka.StreamTopics;
import dev.fenceline.stack.EmbeddedBroker;
import java.nio.file.Path;

/** A broker on a directory. */
final class BrokerProcess {
    private BrokerProcess() {}

    public static void main(String[] arguments) throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(Path.of(arguments[0]), 0)) {
            StreamTopics.embedded().create(KafkaEndpoint.at(broker.bootstrap()));
            Parent.say("ready " + broker.bootstrap());
            Parent.listen(line -> {});
        }
    }
}
