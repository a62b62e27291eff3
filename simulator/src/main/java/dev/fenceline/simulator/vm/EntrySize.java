package dev.fenceline.simulator.vm;

/** xe_pt.c:xe_pt_stage_bind_entry: how large the entries of a mapping are. */
final class EntrySize {
    private static final long SMALLEST = 4L << 10;
    private static final long[] SIZES = {1L << 30, 2L << 20, 64L << 10};

    private EntrySize() {}

    /** Whether one entry can show what is to be there. */
    interface Memory {
        /** Whether {@code bytes} from {@code address} on, a multiple of them, lie in a row. */
        boolean isOnePiece(long address, long bytes);
    }

    /** The largest entry among those for {@code [start, end)}, in bytes. */
    static long fitting(long start, long end, Memory memory) {
        for (long size : SIZES) {
            long first = (start + size - 1) / size * size;
            for (long address = first; address + size <= end; address += size) {
                if (memory.isOnePiece(address, size)) {
                    return size;
                }
            }
        }
        return SMALLEST;
    }
}
