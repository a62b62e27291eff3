package dev.fenceline.recorder.replay;

import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.SessionEnd;
import dev.fenceline.event.SessionStart;
import dev.fenceline.recorder.kafka.EmitReport;
import dev.fenceline.recorder.kafka.EventEmitter;
import dev.fenceline.recorder.store.SessionRecord;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.SessionDigest;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * Sends a recorded session to Kafka again, as a new session.
 *
 * <p>Seqs, times and all else stay; {@code session_start} gets the new uuid and says what it replays, {@code session_end} the digest
 * that follows from that. A session that has not ended is replayed as far as it has landed.
 */
public final class Replay {
    private static final long FLUSH_AHEAD_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private final SessionRecord recorded;
    private final EventSource events;
    private final UUID session;
    private final ReplayPace pace;
    private final EventCodec codec = new EventCodec();
    private final SessionDigest digest = new SessionDigest();

    /**
     * A replay that is about to begin.
     *
     * @param recorded what is replayed
     * @param events its events
     * @param session the uuid of the new session
     */
    public Replay(SessionRecord recorded, EventSource events, UUID session, ReplayPace pace) {
        this.recorded = recorded;
        this.events = events;
        this.session = session;
        this.pace = pace;
    }

    /**
     * Replays.
     *
     * @param progress is told the seq of each event that was sent
     * @throws InterruptedException if interrupted while waiting for an event's time; what was sent stays sent
     */
    public ReplayReport run(EventEmitter emitter, LongConsumer progress) throws InterruptedException {
        EmitReport before = emitter.report();
        Sending sending = new Sending(emitter, progress);
        try {
            events.forEach(sending::send);
        } catch (Interruption e) {
            throw e.interrupted;
        }
        emitter.flush();
        EmitReport after = emitter.report();
        String contentDigest = HexFormat.of().formatHex(digest.contentDigest());
        return new ReplayReport(
                session,
                recorded.uuid(),
                sending.events,
                contentDigest,
                contentDigest.equals(recorded.contentDigest()),
                new EmitReport(
                        after.sent() - before.sent(),
                        after.acknowledged() - before.acknowledged(),
                        after.bytes() - before.bytes()));
    }

    /** Carries an interrupt out of the source of events. */
    private static final class Interruption extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final InterruptedException interrupted;

        private Interruption(InterruptedException interrupted) {
            super(interrupted);
            this.interrupted = interrupted;
        }
    }

    /** One run: where it is and when it began. */
    private final class Sending {
        private final EventEmitter emitter;
        private final LongConsumer progress;
        private final long began = System.nanoTime();
        private long latest = Long.MIN_VALUE;
        private long events;

        private Sending(EventEmitter emitter, LongConsumer progress) {
            this.emitter = emitter;
            this.progress = progress;
        }

        private void send(Event event) {
            // Time may run backwards between CPUs; a replay's may not.
            latest = Math.max(latest, event.ts());
            await(began + pace.dueNs(latest - recorded.firstTs()));
            byte[] wire = codec.encode(asNew(event));
            digest.add(event.eventType(), wire, 0, wire.length);
            emitter.emitWire(session, wire);
            events++;
            progress.accept(event.seq());
        }

        private void await(long due) {
            long left = due - System.nanoTime();
            if (left > FLUSH_AHEAD_NS) {
                emitter.flush();
                left = due - System.nanoTime();
            }
            if (left > 0) {
                try {
                    TimeUnit.NANOSECONDS.sleep(left);
                } catch (InterruptedException e) {
                    throw new Interruption(e);
                }
            }
        }
    }

    private Event asNew(Event event) {
        if (event.eventType() == EventType.SESSION_START) {
            SessionStart.Builder start = SessionStart.builder();
            event.forEachField(new FieldCopy(start));
            return rebuilt(
                    event,
                    start.session(session.toString()).replayOf(recorded.uuid().toString()));
        }
        if (event.eventType() == EventType.SESSION_END) {
            SessionEnd.Builder end = SessionEnd.builder();
            event.forEachField(new FieldCopy(end));
            return rebuilt(event, end.digest(digest.digest()));
        }
        return event;
    }

    private static Event rebuilt(Event event, Event.Builder<?> fields) {
        return fields.build(event.seq(), event.ts(), event.cpu(), event.tid(), event.tgid(), event.source());
    }
}
