package dev.fenceline.recorder.replay;

import dev.fenceline.recorder.kafka.EmitReport;
import java.util.UUID;

/**
 * What a replay did.
 *
 * @param session the new session
 * @param replayOf the one it replays
 * @param events how many events it has
 * @param contentDigest digest of what was sent, without start and end, hexadecimal
 * @param digestEqual whether the recorded session has the same content digest: not one bit changed on the way through the tables
 * @param emitted what the emitter says
 */
public record ReplayReport(
        UUID session, UUID replayOf, long events, String contentDigest, boolean digestEqual, EmitReport emitted) {}
