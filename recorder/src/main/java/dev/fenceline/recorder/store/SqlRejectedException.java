package dev.fenceline.recorder.store;

/** SQL that will not be answered; the message is for whoever wrote it. */
public final class SqlRejectedException extends Exception {
    private static final long serialVersionUID = 1;

    public SqlRejectedException(String message) {
        super(message);
    }
}
