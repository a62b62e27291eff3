package dev.fenceline.recorder;

import java.time.Duration;

/**
 * How many events go into one transaction.
 *
 * @param maxRows most rows of a transaction while there is a backlog: a transaction costs about a millisecond for each event type
 *     that occurs in it, whatever the number of rows
 * @param maxDelay how long an event of a live session waits before its transaction begins
 */
public record RecorderOptions(int maxRows, Duration maxDelay) {
    public static RecorderOptions defaults() {
        return new RecorderOptions(400_000, Duration.ofMillis(500));
    }
}
