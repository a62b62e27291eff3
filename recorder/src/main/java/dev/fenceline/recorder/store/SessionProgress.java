package dev.fenceline.recorder.store;

import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.SessionEnd;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.TraceLost;
import dev.fenceline.wire.SessionDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the recorder knows of one session while it lands: its place in the log, what is missing, its digest. */
final class SessionProgress {
    private final int number;
    private final UUID uuid;
    private final SessionDigest digest;

    private @Nullable String scenario;
    private @Nullable Long seed;
    private @Nullable String parameters;
    private @Nullable String producer;
    private @Nullable String producerVersion;
    private @Nullable String driver;
    private @Nullable String kernel;
    private @Nullable String host;
    private @Nullable UUID replayOf;
    private long firstSeq;
    private long lastSeq;
    private long firstTs;
    private long lastTs;
    private long events;
    private long lost;
    private long duplicates;
    private boolean ended;
    private SessionStatus status = SessionStatus.OPEN;
    private @Nullable String reason;
    private @Nullable String recordedDigest;
    private @Nullable Boolean digestOk;

    /** A session nobody has heard of. */
    SessionProgress(int number, UUID uuid) {
        this.number = number;
        this.uuid = uuid;
        this.digest = new SessionDigest();
    }

    /** A session as it was when the last transaction ended. */
    SessionProgress(SessionRecord landed, byte[] digestState) {
        number = landed.number();
        uuid = landed.uuid();
        digest = SessionDigest.resume(digestState);
        scenario = landed.scenario();
        seed = landed.seed();
        parameters = landed.parameters();
        producer = landed.producer();
        producerVersion = landed.producerVersion();
        driver = landed.driver();
        kernel = landed.kernel();
        host = landed.host();
        replayOf = landed.replayOf();
        firstSeq = landed.firstSeq();
        lastSeq = landed.lastSeq();
        firstTs = landed.firstTs();
        lastTs = landed.lastTs();
        events = landed.events();
        lost = landed.lost();
        duplicates = landed.duplicates();
        ended = landed.ended();
        status = landed.status();
        reason = landed.reason();
        recordedDigest = landed.digest();
        digestOk = landed.digestOk();
    }

    int number() {
        return number;
    }

    long lastSeq() {
        return lastSeq;
    }

    /** Whether an event with this seq has already landed. */
    boolean isDuplicate(long seq) {
        return seq <= lastSeq;
    }

    void countDuplicate() {
        duplicates++;
    }

    /**
     * Takes in an event that has become a row.
     *
     * @return how many events are missing between the last one and this
     */
    long advance(EventType type, long seq, long ts, byte[] wire, int offset, int length) {
        long missing = seq - lastSeq - 1;
        if (missing > 0) {
            lose(missing, missing + " events are missing between seq " + lastSeq + " and " + seq);
        }
        if (ended) {
            contradict("events follow session_end");
        }
        if (events == 0) {
            firstSeq = seq;
            firstTs = ts;
        }
        events++;
        lastSeq = seq;
        lastTs = ts;
        digest.add(type, wire, offset, length);
        return missing;
    }

    /** Takes in what three events say about the session itself. */
    void interpret(Event event) {
        switch (event.eventType()) {
            case SESSION_START -> start((SessionStart) event);
            case SESSION_END -> end((SessionEnd) event);
            case TRACE_LOST -> {
                TraceLost loss = (TraceLost) event;
                if (loss.hasCount()) {
                    lose(
                            loss.count(),
                            "the capture reported " + loss.count() + " lost events before seq " + loss.seq());
                } else {
                    lose(1, "the capture reported lost events before seq " + loss.seq());
                }
            }
            default -> throw new IllegalArgumentException(event.eventType() + " says nothing about its session");
        }
    }

    private void start(SessionStart start) {
        scenario = start.scenario();
        seed = start.hasSeed() ? start.seed() : null;
        parameters = start.parameters();
        producer = start.producer();
        producerVersion = start.producerVersion();
        driver = start.driver();
        kernel = start.kernel();
        host = start.host();
        replayOf = uuid(start.replayOf());
    }

    private static @Nullable UUID uuid(@Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private void end(SessionEnd end) {
        ended = true;
        byte[] recorded = end.digest();
        if (recorded != null) {
            recordedDigest = HexFormat.of().formatHex(recorded);
            digestOk = Arrays.equals(recorded, digest.digest());
        }
        if (status != SessionStatus.OPEN) {
            return;
        }
        // The contract leaves open whether the end counts itself.
        if (end.hasEvents() && end.events() != events && end.events() != events - 1) {
            contradict("session_end counts " + end.events() + " events, but " + events + " landed");
        } else if (Boolean.FALSE.equals(digestOk)) {
            contradict("the digest in session_end is not that of the events that landed");
        } else {
            status = SessionStatus.COMPLETE;
        }
    }

    /** What is missing outweighs a contradiction that may come of it. */
    private void lose(long count, String why) {
        lost += count;
        if (status != SessionStatus.LOSSY) {
            status = SessionStatus.LOSSY;
            reason = why;
        }
    }

    private void contradict(String why) {
        if (status != SessionStatus.LOSSY && status != SessionStatus.CORRUPT) {
            status = SessionStatus.CORRUPT;
            reason = why;
        }
    }

    byte[] digestState() {
        return digest.state();
    }

    SessionRecord record() {
        return new SessionRecord(
                number,
                uuid,
                scenario,
                seed,
                parameters,
                producer,
                producerVersion,
                driver,
                kernel,
                host,
                replayOf,
                firstSeq,
                lastSeq,
                firstTs,
                lastTs,
                events,
                lost,
                duplicates,
                ended,
                status,
                reason,
                recordedDigest,
                digestOk,
                HexFormat.of().formatHex(digest.contentDigest()));
    }
}
