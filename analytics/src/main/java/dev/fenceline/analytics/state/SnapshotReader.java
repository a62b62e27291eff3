package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import java.io.DataInput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/** Reads what {@link SnapshotWriter} wrote. */
public final class SnapshotReader {
    private final DataInput in;

    /** Reads from {@code in}. */
    public SnapshotReader(DataInput in) {
        this.in = in;
    }

    /** Reads a long; throws {@link IOException} if it is longer than a long can be. */
    public long number() throws IOException {
        long rest = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int read = in.readByte();
            rest |= (read & 0x7FL) << shift;
            if (read >= 0) {
                long zigzag = rest - 1;
                return (zigzag >>> 1) ^ -(zigzag & 1);
            }
        }
        throw new IOException("a number in the snapshot does not end");
    }

    /** Reads a count; throws {@link IOException} if it cannot be one. */
    public int count() throws IOException {
        long value = number();
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw new IOException("a count in the snapshot is " + value);
        }
        return (int) value;
    }

    /** Reads a yes or no. */
    public boolean flag() throws IOException {
        return in.readByte() != 0;
    }

    /** Reads an enum symbol; throws {@link IOException} if this version does not know it. */
    public <E extends Enum<E>> E symbol(E[] values) throws IOException {
        int position = count();
        if (position >= values.length) {
            throw new IOException("the snapshot holds a symbol that this version does not know");
        }
        return values[position];
    }

    /** Reads a text or its absence. */
    public @Nullable String text() throws IOException {
        long length = number();
        if (length == Event.ABSENT) {
            return null;
        }
        byte[] bytes = new byte[Math.toIntExact(length)];
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Reads a list of numbers or its absence. */
    public @Nullable LongList numbers() throws IOException {
        long size = number();
        if (size == Event.ABSENT) {
            return null;
        }
        long[] values = new long[Math.toIntExact(size)];
        for (int i = 0; i < values.length; i++) {
            values[i] = number();
        }
        return LongList.of(values);
    }

    /** Reads a list of numbers that is never absent, behind those that {@code into} has. */
    public void numbers(LongArrayList into) throws IOException {
        int size = count();
        for (int i = 0; i < size; i++) {
            into.addLong(number());
        }
    }
}
