package dev.fenceline.wire;

/** Bytes that are no event; the reason says which of the ways. */
public final class UndecodableException extends Exception {
    private static final long serialVersionUID = 1;

    /** Why bytes cannot be decoded. */
    public enum Reason {
        /** Shorter than the header of a single-object encoding. */
        TOO_SHORT,
        /** Does not begin with the single-object marker. */
        BAD_MARKER,
        /** A schema this build does not know, probably of a newer recorder. */
        UNKNOWN_SCHEMA,
        /** A known schema whose record does not parse. */
        CORRUPT
    }

    private final Reason reason;

    public UndecodableException(Reason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
