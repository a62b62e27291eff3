package dev.fenceline.crash;

import dev.fenceline.event.Event;
import dev.fenceline.recorder.kafka.EventEmitter;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.stack.SampleSessions;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/** Emits sample sessions side by side, at a steady pace, and says how many events Kafka has acknowledged. */
final class EmitterProcess {
    private static final int REPORT_INTERVAL = 200;

    private EmitterProcess() {}

    public static void main(String[] arguments) {
        KafkaEndpoint kafka = KafkaEndpoint.at(arguments[0]);
        Map<UUID, List<Event>> sessions =
                SampleSessions.of(Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]));
        long eventsPerSecond = Long.parseLong(arguments[3]);
        int longest = sessions.values().stream().mapToInt(List::size).max().orElse(0);
        long start = System.nanoTime();
        long emitted = 0;
        try (EventEmitter emitter = EventEmitter.open(kafka)) {
            Parent.say("ready");
            for (int i = 0; i < longest; i++) {
                for (Map.Entry<UUID, List<Event>> session : sessions.entrySet()) {
                    if (i < session.getValue().size()) {
                        emitter.emit(session.getKey(), session.getValue().get(i));
                        if (++emitted % REPORT_INTERVAL == 0) {
                            Parent.say("acknowledged " + emitter.report().acknowledged());
                            LockSupport.parkNanos(
                                    emitted * 1_000_000_000L / eventsPerSecond - (System.nanoTime() - start));
                        }
                    }
                }
            }
        }
        Parent.say("acknowledged " + emitted);
        Parent.say("done");
    }
}
