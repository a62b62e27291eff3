package dev.fenceline.recorder.kafka;

import org.jspecify.annotations.Nullable;

/**
 * A record that is no event of a session, with what is needed to find out why.
 *
 * @param topic where it was read
 * @param key its Kafka key as it came, null if it had none
 * @param value its bytes as they came
 * @param reason which kind of unreadable, in capitals: an {@code UndecodableException.Reason}, or NO_SESSION, MISPLACED
 * @param message the same in a sentence
 */
@SuppressWarnings("ArrayRecordComponent") // carried from topic to topic and table, compared by nobody
public record DeadLetter(
        String topic, int partition, long offset, byte @Nullable [] key, byte[] value, String reason, String message) {}
