package dev.fenceline.stack;

import org.jspecify.annotations.Nullable;

/** A part of the stack cannot do its work; the message says which, where and what to do. */
public final class StackException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public StackException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
