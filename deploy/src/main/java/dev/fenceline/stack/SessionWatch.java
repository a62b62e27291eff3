package dev.fenceline.stack;

import dev.fenceline.recorder.store.SessionRecord;
import dev.fenceline.recorder.store.SqlRejectedException;
import dev.fenceline.recorder.store.SqlResult;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Waits until a session has gone all the way through a stack: landed, checked, and its alerts landed too. */
public final class SessionWatch {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

    private final Stack stack;

    public SessionWatch(Stack stack) {
        this.stack = stack;
    }

    /**
     * Waits.
     *
     * @param events how many events the session has
     * @param patience how long nothing may move before it counts as stuck
     * @param landed told how many events have landed, now and then
     * @throws StackException if a part of the stack fails, or nothing moves for too long
     */
    public CheckedSession await(UUID session, long events, Duration patience, LongConsumer landed) {
        long lastMove = System.nanoTime();
        long seen = -1;
        while (true) {
            stack.requireHealthy();
            SessionRecord record = record(session);
            Optional<CheckedSession> checked = record == null ? Optional.empty() : checked(record);
            if (checked.isPresent() && checked.get().landed() >= events) {
                return checked.get();
            }
            long now = record == null ? 0 : record.events();
            if (now != seen) {
                seen = now;
                lastMove = System.nanoTime();
                landed.accept(now);
            } else if (System.nanoTime() - lastMove > patience.toNanos()) {
                throw new StackException(
                        "session " + session + " is stuck: " + now + " of " + events
                                + " events have landed and nothing moved for " + patience.toSeconds()
                                + " s. Is the stack overloaded? Nothing is lost: the events are in Kafka",
                        null);
            }
            pause();
        }
    }

    private @Nullable SessionRecord record(UUID session) {
        List<SessionRecord> records = stack.store().sessionsMatching(session.toString());
        return records.isEmpty() ? null : records.get(0);
    }

    private Optional<CheckedSession> checked(SessionRecord record) {
        List<List<@Nullable Object>> rows = rows("SELECT events, alerts, (SELECT count(*) FROM alert WHERE session = "
                + record.number() + ") FROM session_checked WHERE session = " + record.number()
                + " ORDER BY seq DESC LIMIT 1");
        if (rows.isEmpty() || number(rows.get(0).get(1)) != number(rows.get(0).get(2))) {
            return Optional.empty();
        }
        return Optional.of(new CheckedSession(
                record.number(),
                record.events(),
                number(rows.get(0).get(0)),
                number(rows.get(0).get(1))));
    }

    private List<List<@Nullable Object>> rows(String sql) {
        try {
            SqlResult result = stack.store().query(sql, 1);
            return result.rows();
        } catch (SqlRejectedException e) {
            throw new StackException("the store does not know its own tables: " + e.getMessage(), e);
        }
    }

    private static long number(@Nullable Object value) {
        return value instanceof Number number ? number.longValue() : 0;
    }

    /** A moment until the next look. */
    static void pause() {
        try {
            TimeUnit.NANOSECONDS.sleep(BETWEEN_LOOKS.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StackException("interrupted while waiting", e);
        }
    }
}
