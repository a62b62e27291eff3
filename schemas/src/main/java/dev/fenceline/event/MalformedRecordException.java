package dev.fenceline.event;

/** Bytes that are not the Avro record they claim to be. */
public final class MalformedRecordException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public MalformedRecordException(String message) {
        super(message, null, false, false);
    }
}
