package dev.fenceline.recorder.store;

import org.jspecify.annotations.Nullable;

/** The store cannot do what it was asked to; the message says what, where, and what to do. */
public final class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What kind of trouble, for callers that act on it. */
    public enum Kind {
        /** The file is open elsewhere, unreadable, or of a newer Fenceline. */
        CANNOT_OPEN,
        /** No space is left; the last transaction did not happen, everything before it is safe. */
        DISK_FULL,
        /** Anything else that DuckDB reports. */
        FAILED
    }

    private final Kind kind;

    public StoreException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
