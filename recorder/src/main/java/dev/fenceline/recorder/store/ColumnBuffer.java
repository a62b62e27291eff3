package dev.fenceline.recorder.store;

import dev.fenceline.event.Event;
import dev.fenceline.event.WireReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import org.duckdb.DuckDBWritableVector;
import org.jspecify.annotations.Nullable;

/**
 * The values of one column for the rows of a batch, in an array that is kept from batch to batch.
 *
 * <p>A row is written by {@link #read} or {@link #absent}; a row whose event turns out to be corrupt is simply written again. A
 * column that holds one and the same value in all rows is not loaded but spelled out in the INSERT, see {@link #literal}: most
 * optional fields of most batches are absent throughout, and a batch is mostly of one session from one source.
 */
abstract sealed class ColumnBuffer {
    /** Makes room for {@code rows} rows, keeping what is there. */
    abstract void resize(int rows);

    /** Takes the field's value from the wire, or its absence. */
    abstract void read(WireReader in, int row);

    /** The field is not in this version of the schema. */
    abstract void absent(int row);

    /** The one value of all rows as SQL, or null if they must be loaded. */
    abstract @Nullable String literal();

    /** Copies {@code count} rows from row {@code from} into a vector that is as long as that. */
    abstract void load(DuckDBWritableVector vector, int from, int count);

    /** Forgets the rows. */
    abstract void clear();

    static ColumnBuffer of(EventTable.Column column) {
        return switch (column.form()) {
            case INTEGER -> new Integers();
            case NUMBER -> new Numbers();
            case FLAG -> new Flags();
            case SYMBOL -> new Symbols(column.symbols());
            case TEXT -> new Texts();
            case BYTES -> new Bytes();
            case NUMBERS -> new NumberLists();
            case SYMBOLS -> new SymbolLists(column.symbols());
            case TEXTS -> new TextLists();
        };
    }

    /** Integers of the head, never absent. */
    static final class Integers extends ColumnBuffer {
        private int[] values = new int[0];
        private int min = Integer.MAX_VALUE;
        private int max = Integer.MIN_VALUE;

        void set(int row, int value) {
            values[row] = value;
            min = Math.min(min, value);
            max = Math.max(max, value);
        }

        @Override
        void resize(int rows) {
            values = Arrays.copyOf(values, rows);
        }

        @Override
        void read(WireReader in, int row) {
            set(row, in.smallNumber());
        }

        @Override
        void absent(int row) {
            throw new IllegalStateException("the head is never absent");
        }

        @Override
        @Nullable String literal() {
            return min == max ? Integer.toString(min) : null;
        }

        @Override
        void load(DuckDBWritableVector vector, int from, int count) {
            for (int i = 0; i < count; i++) {
                vector.setInt(i, values[from + i]);
            }
        }

        @Override
        void clear() {
            min = Integer.MAX_VALUE;
            max = Integer.MIN_VALUE;
        }
    }

    /** Numbers and ids. */
    static final class Numbers extends ColumnBuffer {
        /** Stands for absence, and for itself where {@link #smallest} says so. */
        private static final long ABSENT = Event.ABSENT;

        private final BitSet smallest = new BitSet();
        private long[] values = new long[0];
        private boolean anyPresent;

        void set(int row, long value) {
            values[row] = value;
            anyPresent = true;
            if (value == ABSENT) {
                smallest.set(row);
            }
        }

        @Override
        void resize(int rows) {
            values = Arrays.copyOf(values, rows);
        }

        @Override
        void read(WireReader in, int row) {
            if (in.present()) {
                set(row, in.number());
            } else {
                absent(row);
            }
        }

        @Override
        void absent(int row) {
            values[row] = ABSENT;
            if (!smallest.isEmpty()) {
                smallest.clear(row);
            }
        }

        @Override
        @Nullable String literal() {
            return anyPresent ? null : "NULL";
        }

        @Override
        void load(DuckDBWritableVector vector, int from, int count) {
            for (int i = 0; i < count; i++) {
                long value = values[from + i];
                if (value == ABSENT && !smallest.get(from + i)) {
                    vector.setNull(i);
                } else {
                    vector.setLong(i, value);
                }
            }
        }

        @Override
        void clear() {
            anyPresent = false;
            smallest.clear();
        }
    }

    /** Booleans. */
    static final class Flags extends ColumnBuffer {
        private static final byte ABSENT = 2;

        private byte[] values = new byte[0];
        private boolean anyPresent;

        @Override
        void resize(int rows) {
            values = Arrays.copyOf(values, rows);
        }

        @Override
        void read(WireReader in, int row) {
            if (in.present()) {
                values[row] = in.flag() ? (byte) 1 : 0;
                anyPresent = true;
            } else {
                values[row] = ABSENT;
            }
        }

        @Override
        void absent(int row) {
            values[row] = ABSENT;
        }

        @Override
        @Nullable String literal() {
            return anyPresent ? null : "NULL";
        }

        @Override
        void load(DuckDBWritableVector vector, int from, int count) {
            for (int i = 0; i < count; i++) {
                byte value = values[from + i];
                if (value == ABSENT) {
                    vector.setNull(i);
                } else {
                    vector.setBoolean(i, value == 1);
                }
            }
        }

        @Override
        void clear() {
            anyPresent = false;
        }
    }

    /** Symbols of an enumeration, as positions in it; UNKNOWN, the first, is absence. */
    static final class Symbols extends ColumnBuffer {
        private final byte[] @Nullable [] texts;
        private final List<String> symbols;
        private short[] values = new short[0];
        private int min = Integer.MAX_VALUE;
        private int max = Integer.MIN_VALUE;

        Symbols(List<String> symbols) {
            this.symbols = symbols;
            this.texts = new byte[symbols.size()][];
            for (int i = 1; i < texts.length; i++) {
                texts[i] = symbols.get(i).getBytes(StandardCharsets.UTF_8);
            }
        }

        @Override
        void resize(int rows) {
            values = Arrays.copyOf(values, rows);
        }

        @Override
        void read(WireReader in, int row) {
            set(row, in.ordinal(texts.length));
        }

        @Override
        void absent(int row) {
            set(row, 0);
        }

        private void set(int row, int value) {
            values[row] = (short) value;
            min = Math.min(min, value);
            max = Math.max(max, value);
        }

        @Override
        @Nullable String literal() {
            if (min != max) {
                return null;
            }
            return min == 0 ? "NULL" : Sql.text(symbols.get(min));
        }

        @Override
        void load(DuckDBWritableVector vector, int from, int count) {
            byte[] @Nullable [] chunk = new byte[count][];
            for (int i = 0; i < count; i++) {
                chunk[i] = texts[values[from + i]];
            }
            vector.setStringUtf8Batch(0, chunk);
        }

        @Override
        void clear() {
            min = Integer.MAX_VALUE;
            max = Integer.MIN_VALUE;
        }
    }

    /** Whatever reaches DuckDB as text; null is absence. */
    abstract static sealed class Spelled extends ColumnBuffer {
        private byte[] @Nullable [] values = new byte[0][];
        private boolean anyPresent;

        abstract byte[] spell(WireReader in);

        @Override
        final void resize(int rows) {
            values = Arrays.copyOf(values, rows);
        }

        @Override
        final void read(WireReader in, int row) {
            if (in.present()) {
                set(row, spell(in));
            } else {
                values[row] = null;
            }
        }

        final void set(int row, byte[] spelled) {
            values[row] = spelled;
            anyPresent = true;
        }

        @Override
        final void absent(int row) {
            values[row] = null;
        }

        @Override
        final @Nullable String literal() {
            return anyPresent ? null : "NULL";
        }

        @Override
        final void load(DuckDBWritableVector vector, int from, int count) {
            vector.setStringUtf8Batch(0, Arrays.copyOfRange(values, from, from + count));
        }

        @Override
        final void clear() {
            Arrays.fill(values, null);
            anyPresent = false;
        }
    }

    static final class Texts extends Spelled {
        @Override
        byte[] spell(WireReader in) {
            return utf8(in.bytes());
        }

        /** DuckDB refuses a whole batch for one malformed text, so repair it the way {@code String} does when it decodes. */
        static byte[] utf8(byte[] text) {
            for (byte b : text) {
                if (b < 0) {
                    return new String(text, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
                }
            }
            return text;
        }
    }

    static final class Bytes extends Spelled {
        @Override
        byte[] spell(WireReader in) {
            return ascii(HexFormat.of().formatHex(in.bytes()));
        }

        void setBytes(int row, byte @Nullable [] bytes) {
            if (bytes == null) {
                absent(row);
            } else {
                set(row, ascii(HexFormat.of().formatHex(bytes)));
            }
        }
    }

    static final class NumberLists extends Spelled {
        @Override
        byte[] spell(WireReader in) {
            StringBuilder text = new StringBuilder("[");
            for (int items = in.block(); items > 0; items = in.block()) {
                for (int i = 0; i < items; i++) {
                    text.append(text.length() == 1 ? "" : ",").append(in.number());
                }
            }
            return ascii(text.append(']').toString());
        }
    }

    static final class SymbolLists extends Spelled {
        private final List<String> symbols;

        SymbolLists(List<String> symbols) {
            this.symbols = symbols;
        }

        /** A set: each symbol once, in the order of the enumeration, however often and in whatever order the wire has it. */
        @Override
        byte[] spell(WireReader in) {
            boolean[] present = new boolean[symbols.size()];
            for (int items = in.block(); items > 0; items = in.block()) {
                for (int i = 0; i < items; i++) {
                    present[in.ordinal(present.length)] = true;
                }
            }
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < present.length; i++) {
                if (present[i]) {
                    text.append(text.isEmpty() ? "" : ",").append(symbols.get(i));
                }
            }
            return ascii(text.toString());
        }
    }

    static final class TextLists extends Spelled {
        @Override
        byte[] spell(WireReader in) {
            StringBuilder text = new StringBuilder();
            for (int items = in.block(); items > 0; items = in.block()) {
                for (int i = 0; i < items; i++) {
                    text.append(text.isEmpty() ? "x" : ",x");
                    HexFormat.of().formatHex(text, Texts.utf8(in.bytes()));
                }
            }
            return ascii(text.toString());
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
