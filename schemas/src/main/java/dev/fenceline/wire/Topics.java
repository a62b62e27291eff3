package dev.fenceline.wire;

/** The Kafka topics. In all but {@link #DEAD_LETTERS} the record key is the session's uuid as text. */
public final class Topics {
    /** Every event of every session; a session is one partition. */
    public static final String EVENTS = "fenceline.events";

    /** {@code alert} and {@code verdict} records of the rules job. */
    public static final String ALERTS = "fenceline.alerts";

    /** {@code session_checked} records, compacted to the last one of each session. */
    public static final String SESSIONS = "fenceline.sessions";

    /** Records that could not be decoded, as they came, with the reason in their headers. */
    public static final String DEAD_LETTERS = "fenceline.dead-letters";

    private Topics() {}
}
