package dev.fenceline.simulator;

/**
 * Where a simulation ends: whichever comes first.
 *
 * @param events the number of events, {@code session_start} and {@code session_end} included
 * @param durationNs virtual time, in ns; {@link #OF_SCENARIO} is the scenario's own
 */
public record Limits(long events, long durationNs) {
    /** The duration that the scenario says. */
    public static final long OF_SCENARIO = 0;

    private static final long SHORTEST = 2;

    /** Refuses what no session fits into. */
    public Limits {
        if (events < SHORTEST) {
            throw new IllegalArgumentException("a session has at least " + SHORTEST + " events, not " + events);
        }
        if (durationNs < 0) {
            throw new IllegalArgumentException("a duration of " + durationNs + " ns is negative");
        }
    }

    /** The scenario's own duration, and as many events as happen in it. */
    public static Limits none() {
        return new Limits(Long.MAX_VALUE, OF_SCENARIO);
    }

    /** So many events, however long they take. */
    public static Limits events(long events) {
        return new Limits(events, Long.MAX_VALUE);
    }

    /** So many ns of virtual time. */
    public static Limits duration(long ns) {
        if (ns <= 0) {
            throw new IllegalArgumentException("a duration of " + ns + " ns is not positive");
        }
        return new Limits(Long.MAX_VALUE, ns);
    }
}
