package dev.fenceline.recorder.store;

/** How whole a recorded session is. */
public enum SessionStatus {
    /** No {@code session_end} has been seen and nothing is known to be missing. */
    OPEN,
    /** Ended, dense, and its count and digest agree. */
    COMPLETE,
    /** Events are missing: the seqs have holes, or the capture itself reported a loss. */
    LOSSY,
    /** It contradicts itself: count or digest disagree though nothing is missing, or events follow the end. */
    CORRUPT
}
