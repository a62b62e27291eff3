package dev.fenceline.stack;

import org.jspecify.annotations.Nullable;

/** The embedded Flink cluster or its job cannot start; the message says what is wrong, where, and what to do about it. */
public final class FlinkStartException extends Exception {
    private static final long serialVersionUID = 1;

    FlinkStartException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
