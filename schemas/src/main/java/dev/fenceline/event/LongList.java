package dev.fenceline.event;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** An immutable list of numbers. */
public final class LongList {
    private static final LongList EMPTY = new LongList(new long[0]);

    private final long[] values;

    private LongList(long[] values) {
        this.values = values;
    }

    public static LongList of(long... values) {
        return values.length == 0 ? EMPTY : new LongList(values.clone());
    }

    /** Takes the array over without a copy; the caller must not touch it again. */
    static LongList owning(long[] values) {
        return values.length == 0 ? EMPTY : new LongList(values);
    }

    public int size() {
        return values.length;
    }

    public boolean isEmpty() {
        return values.length == 0;
    }

    /** The value at {@code index}, from 0. */
    public long get(int index) {
        return values[index];
    }

    public boolean contains(long value) {
        for (long candidate : values) {
            if (candidate == value) {
                return true;
            }
        }
        return false;
    }

    public long[] toArray() {
        return values.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LongList list && Arrays.equals(list.values, values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return Arrays.toString(values);
    }
}
