package dev.fenceline.recorder.store;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A line of the catalogue: one session as far as it has landed.
 *
 * @param number its number in this store, the column {@code session} of every event table
 * @param scenario what was simulated, null for a capture
 * @param parameters scenario parameters as JSON, as recorded
 * @param replayOf the session this one replays, null if it is no replay
 * @param firstSeq first seq landed, 0 if none yet
 * @param lastSeq last seq landed, 0 if none yet
 * @param events how many events landed
 * @param lost how many are known to be missing
 * @param duplicates how many arrived a second time and were dropped
 * @param ended whether {@code session_end} has landed
 * @param reason why it is LOSSY or CORRUPT, in a sentence
 * @param digest the digest that {@code session_end} carries, hexadecimal
 * @param digestOk whether the landed events have that digest; null as long as there is none to compare
 * @param contentDigest digest of what landed so far without start and end: equal for a session and its replay
 */
public record SessionRecord(
        int number,
        UUID uuid,
        @Nullable String scenario,
        @Nullable Long seed,
        @Nullable String parameters,
        @Nullable String producer,
        @Nullable String producerVersion,
        @Nullable String driver,
        @Nullable String kernel,
        @Nullable String host,
        @Nullable UUID replayOf,
        long firstSeq,
        long lastSeq,
        long firstTs,
        long lastTs,
        long events,
        long lost,
        long duplicates,
        boolean ended,
        SessionStatus status,
        @Nullable String reason,
        @Nullable String digest,
        @Nullable Boolean digestOk,
        String contentDigest) {}
