package dev.fenceline.crash;

import dev.fenceline.event.Event;
import dev.fenceline.recorder.kafka.EventEmitter;
import dev.fenceline.recorder.kafka.KafkaEndpoint;
import dev.fenceline.stack.SampleSessions;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;

/**
 * Emits sample sessions side by side, at a steady pace, and says how many events Kafka has acknowledged. It emits as many as its
 * parent allows: each line it is sent is a number of further events.
 */
final class EmitterProcess {
    private static final int REPORT_INTERVAL = 100;

    private EmitterProcess() {}

    public static void main(String[] arguments) throws IOException {
        Semaphore allowed = new Semaphore(0);
        Thread emitting = new Thread(
                () -> {
                    emit(
                            KafkaEndpoint.at(arguments[0]),
                            SampleSessions.of(Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2])),
                            Long.parseLong(arguments[3]),
                            allowed);
                    Parent.say("done");
                },
                "emitter");
        emitting.setDaemon(true);
        emitting.start();
        Parent.listen(line -> allowed.release(Integer.parseInt(line)));
    }

    private static void emit(
            KafkaEndpoint kafka, Map<UUID, List<Event>> sessions, long eventsPerSecond, Semaphore allowed) {
        int longest = sessions.values().stream().mapToInt(List::size).max().orElse(0);
        try (EventEmitter emitter = EventEmitter.open(kafka)) {
            long next = System.nanoTime();
            for (int i = 0; i < longest; i++) {
                for (Map.Entry<UUID, List<Event>> session : sessions.entrySet()) {
                    if (i < session.getValue().size()) {
                        if (!allowed.tryAcquire()) {
                            emitter.flush();
                            report(emitter);
                            allowed.acquireUninterruptibly();
                            next = System.nanoTime();
                        }
                        emitter.emit(session.getKey(), session.getValue().get(i));
                        if (emitter.report().sent() % REPORT_INTERVAL == 0) {
                            report(emitter);
                            next += REPORT_INTERVAL * 1_000_000_000L / eventsPerSecond;
                            LockSupport.parkNanos(next - System.nanoTime());
                        }
                    }
                }
            }
            emitter.flush();
            report(emitter);
        }
    }

    private static void report(EventEmitter emitter) {
        Parent.say("acknowledged " + emitter.report().acknowledged());
    }
}
