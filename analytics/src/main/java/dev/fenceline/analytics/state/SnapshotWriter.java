package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Writes numbers as variable-length integers, so that a snapshot is small: one byte for an absent number, one for a small
 * one.
 */
public final class SnapshotWriter {
    private final DataOutput out;

    /** Writes to {@code out}. */
    public SnapshotWriter(DataOutput out) {
        this.out = out;
    }

    /** Writes any long; {@link Event#ABSENT} takes one byte. */
    public void number(long value) throws IOException {
        // Zigzag maps ABSENT (the smallest long) to the largest unsigned number; plus one makes that 0.
        long rest = ((value << 1) ^ (value >> 63)) + 1;
        while ((rest & ~0x7FL) != 0) {
            out.writeByte((int) ((rest & 0x7F) | 0x80));
            rest >>>= 7;
        }
        out.writeByte((int) rest);
    }

    /** Writes a yes or no. */
    public void flag(boolean value) throws IOException {
        out.writeByte(value ? 1 : 0);
    }

    /** Writes an enum symbol by its position: contract enums only ever grow at the end. */
    @SuppressWarnings("EnumOrdinal") // The position is the wire form; the snapshot's version guards it.
    public void symbol(Enum<?> value) throws IOException {
        number(value.ordinal());
    }

    /** Writes a text of any length, or its absence. */
    public void text(@Nullable String value) throws IOException {
        if (value == null) {
            number(Event.ABSENT);
            return;
        }
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        number(bytes.length);
        out.write(bytes);
    }

    /** Writes a list of numbers, or its absence. */
    public void numbers(@Nullable LongList values) throws IOException {
        if (values == null) {
            number(Event.ABSENT);
            return;
        }
        number(values.size());
        for (int i = 0; i < values.size(); i++) {
            number(values.get(i));
        }
    }

    /** Writes a list of numbers, in the form of {@link #numbers(LongList)}. */
    public void numbers(LongArrayList values) throws IOException {
        number(values.size());
        for (int i = 0; i < values.size(); i++) {
            number(values.getLong(i));
        }
    }
}
