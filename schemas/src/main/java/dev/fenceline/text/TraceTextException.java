package dev.fenceline.text;

/** Trace text that says something the contract does not know; the message names file and line and suggests what was meant. */
public final class TraceTextException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int line;

    TraceTextException(String file, int line, String message) {
        super(file + ":" + line + ": " + message);
        this.line = line;
    }

    /** The line, from 1. */
    public int line() {
        return line;
    }
}
