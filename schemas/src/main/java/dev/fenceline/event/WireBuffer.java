package dev.fenceline.event;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.avro.io.BinaryData;
import org.jspecify.annotations.Nullable;

/** A growing byte array that takes Avro binary. Reusable; not thread safe. */
public final class WireBuffer {
    private static final int LONGEST_NUMBER = 10;

    private byte[] bytes = new byte[256];
    private int size;

    /** The Avro binary form of {@code event}, without the single-object header. */
    static WireBuffer of(Event event) {
        WireBuffer buffer = new WireBuffer();
        event.write(buffer);
        return buffer;
    }

    public WireBuffer clear() {
        size = 0;
        return this;
    }

    public int size() {
        return size;
    }

    /** The bytes from 0 to {@link #size()}; valid until the next write. */
    public byte[] array() {
        return bytes;
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    boolean sameBytes(WireBuffer other) {
        return Arrays.equals(bytes, 0, size, other.bytes, 0, other.size);
    }

    /** Writes one byte as it is. */
    public void putByte(int value) {
        ensure(1);
        bytes[size++] = (byte) value;
    }

    /** Writes eight bytes, the lowest first. */
    public void putFixedLittleEndian(long value) {
        ensure(8);
        for (int i = 0; i < 8; i++) {
            bytes[size++] = (byte) (value >>> (8 * i));
        }
    }

    /** Writes a long or an int: zigzag, variable length. */
    public void putNumber(long value) {
        ensure(LONGEST_NUMBER);
        size += BinaryData.encodeLong(value, bytes, size);
    }

    void putOptional(boolean present, long value) {
        ensure(1 + LONGEST_NUMBER);
        if (present) {
            bytes[size++] = 2;
            size += BinaryData.encodeLong(value, bytes, size);
        } else {
            bytes[size++] = 0;
        }
    }

    void putOptionalFlag(boolean present, boolean value) {
        ensure(2);
        bytes[size++] = (byte) (present ? 2 : 0);
        if (present) {
            bytes[size++] = (byte) (value ? 1 : 0);
        }
    }

    void putOptionalText(@Nullable String value) {
        putOptionalBytes(value == null ? null : value.getBytes(StandardCharsets.UTF_8));
    }

    void putOptionalBytes(byte @Nullable [] value) {
        putByte(value == null ? 0 : 2);
        if (value != null) {
            putBytes(value);
        }
    }

    void putOptionalNumbers(@Nullable LongList value) {
        putByte(value == null ? 0 : 2);
        if (value != null) {
            int count = value.size();
            if (count > 0) {
                putNumber(count);
                for (int i = 0; i < count; i++) {
                    putNumber(value.get(i));
                }
            }
            putByte(0);
        }
    }

    @SuppressWarnings("EnumOrdinal") // Avro writes a symbol as its position
    <E extends Enum<E>> void putOptionalSymbols(@Nullable Set<E> value) {
        putByte(value == null ? 0 : 2);
        if (value != null) {
            if (!value.isEmpty()) {
                putNumber(value.size());
                for (E symbol : value) {
                    putNumber(symbol.ordinal());
                }
            }
            putByte(0);
        }
    }

    void putOptionalTexts(@Nullable List<String> value) {
        putByte(value == null ? 0 : 2);
        if (value != null) {
            if (!value.isEmpty()) {
                putNumber(value.size());
                for (String text : value) {
                    putBytes(text.getBytes(StandardCharsets.UTF_8));
                }
            }
            putByte(0);
        }
    }

    private void putBytes(byte[] value) {
        putNumber(value.length);
        ensure(value.length);
        System.arraycopy(value, 0, bytes, size, value.length);
        size += value.length;
    }

    private void ensure(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
        }
    }
}
