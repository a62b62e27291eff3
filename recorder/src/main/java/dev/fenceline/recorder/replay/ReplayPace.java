package dev.fenceline.recorder.replay;

/**
 * How fast a replay goes: a multiple of the session's own time.
 *
 * @param factor 1 is real time, 2 twice as fast; infinity does not wait at all
 */
public record ReplayPace(double factor) {
    /** The time the session took. */
    public static final ReplayPace REAL_TIME = new ReplayPace(1);
    /** As fast as store and Kafka go. */
    public static final ReplayPace AS_FAST_AS_POSSIBLE = new ReplayPace(Double.POSITIVE_INFINITY);

    public ReplayPace {
        if (!(factor > 0)) {
            throw new IllegalArgumentException("a replay's speed must be positive, not " + factor);
        }
    }

    /** When an event is due, in ns after the replay began, that happened {@code sessionNs} after the session began. */
    long dueNs(long sessionNs) {
        return (long) (sessionNs / factor);
    }
}
