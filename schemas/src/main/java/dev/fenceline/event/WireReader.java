package dev.fenceline.event;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Reads Avro binary from a byte array without ever looking past its end. Avro's own decoder allocates what a length prefix asks
 * for before it sees the bytes; this one checks first, so that a corrupt record costs an exception and no memory.
 *
 * <p>Every method throws {@link MalformedRecordException} when the bytes are not what it reads. Reusable; not thread safe.
 */
public final class WireReader {
    private byte[] bytes = new byte[0];
    private int position;
    private int end;

    /** Starts over on {@code length} bytes from {@code offset}. */
    public WireReader over(byte[] source, int offset, int length) {
        if (offset < 0 || length < 0 || length > source.length - offset) {
            throw new IndexOutOfBoundsException("offset " + offset + ", length " + length + " of " + source.length);
        }
        bytes = source;
        position = offset;
        end = offset + length;
        return this;
    }

    /** How many bytes are left. */
    public int remaining() {
        return end - position;
    }

    /** Reads a long or an int: zigzag, variable length. */
    public long number() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (position >= end) {
                throw new MalformedRecordException("the record ends inside a number");
            }
            byte next = bytes[position++];
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
        throw new MalformedRecordException("a number is longer than ten bytes");
    }

    /** Reads a number that must fit an int. */
    public int smallNumber() {
        long value = number();
        if (value != (int) value) {
            throw new MalformedRecordException("a number that must fit 32 bits is " + value);
        }
        return (int) value;
    }

    /** Reads which branch of an optional field follows: true if a value does. */
    public boolean present() {
        long branch = number();
        if (branch != 0 && branch != 1) {
            throw new MalformedRecordException("an optional field has branch " + branch);
        }
        return branch == 1;
    }

    public boolean flag() {
        if (position >= end) {
            throw new MalformedRecordException("the record ends before a boolean");
        }
        byte value = bytes[position++];
        if (value != 0 && value != 1) {
            throw new MalformedRecordException("a boolean is " + value);
        }
        return value == 1;
    }

    public String text() {
        int length = length();
        String text = new String(bytes, position, length, StandardCharsets.UTF_8);
        position += length;
        return text;
    }

    public byte[] bytes() {
        int length = length();
        byte[] copy = java.util.Arrays.copyOfRange(bytes, position, position + length);
        position += length;
        return copy;
    }

    private int length() {
        long length = number();
        if (length < 0 || length > remaining()) {
            throw new MalformedRecordException("a length of " + length + " in " + remaining() + " bytes");
        }
        return (int) length;
    }

    /** Reads the position of a symbol among {@code count} of an enumeration. */
    public int ordinal(int count) {
        long ordinal = number();
        if (ordinal < 0 || ordinal >= count) {
            throw new MalformedRecordException("symbol " + ordinal + " of an enumeration of " + count);
        }
        return (int) ordinal;
    }

    <E> E symbol(E[] symbols) {
        return symbols[ordinal(symbols.length)];
    }

    public LongList numbers() {
        long[] values = new long[4];
        int size = 0;
        for (int items = block(); items > 0; items = block()) {
            values = size + items > values.length ? java.util.Arrays.copyOf(values, size + items) : values;
            for (int i = 0; i < items; i++) {
                values[size++] = number();
            }
        }
        return LongList.owning(size == values.length ? values : java.util.Arrays.copyOf(values, size));
    }

    <E extends Enum<E>> Set<E> symbols(Class<E> type, E[] symbols) {
        Set<E> set = EnumSet.noneOf(type);
        for (int items = block(); items > 0; items = block()) {
            for (int i = 0; i < items; i++) {
                set.add(symbol(symbols));
            }
        }
        return set;
    }

    public List<String> texts() {
        List<String> texts = new ArrayList<>();
        for (int items = block(); items > 0; items = block()) {
            for (int i = 0; i < items; i++) {
                texts.add(text());
            }
        }
        return texts;
    }

    /** Reads how many items of an array follow; every item takes a byte at least, which bounds a corrupt count. */
    public int block() {
        long items = number();
        if (items < 0) {
            items = -items;
            number();
        }
        if (items < 0 || items > remaining()) {
            throw new MalformedRecordException("an array block of " + items + " items in " + remaining() + " bytes");
        }
        return (int) items;
    }
}
