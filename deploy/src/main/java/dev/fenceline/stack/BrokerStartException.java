package dev.fenceline.stack;

import org.jspecify.annotations.Nullable;

/** The embedded broker cannot start; the message says what is wrong, where, and what to do about it. */
public final class BrokerStartException extends Exception {
    private static final long serialVersionUID = 1;

    BrokerStartException(String message) {
        this(message, null);
    }

    BrokerStartException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
