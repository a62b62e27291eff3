package dev.fenceline.simulator.kernel;

import org.jspecify.annotations.Nullable;

/** A local variable of a {@link Call} that a later step reads. */
public final class Local<T> {
    private @Nullable T value;

    /** Assigns it; gives the value back, so that it can be used at once. */
    public T set(T to) {
        value = to;
        return to;
    }

    /** The value; it must have been assigned. */
    public T get() {
        if (value == null) {
            throw new IllegalStateException("the variable is not assigned yet");
        }
        return value;
    }

    /** The value, or null if none was assigned. */
    public @Nullable T orNull() {
        return value;
    }

    /** Unassigns it. */
    public void clear() {
        value = null;
    }
}
