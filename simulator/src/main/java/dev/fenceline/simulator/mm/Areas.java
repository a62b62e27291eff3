package dev.fenceline.simulator.mm;

import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * The {@code vm_area_struct}s of an address space. Programs of the model have everything mapped, to read and to write; this is what they
 * unmapped and write-protected since.
 */
final class Areas {
    private final NavigableSet<Long> holes = new TreeSet<>();
    private final NavigableSet<Long> readOnly = new TreeSet<>();

    /** {@code munmap}. */
    void unmap(long start, long end) {
        for (long address = start; address < end; address += Mm.PAGE_BYTES) {
            holes.add(address);
        }
        readOnly.subSet(start, end).clear();
    }

    /** {@code mmap} of what was unmapped. */
    void map(long start, long end) {
        holes.subSet(start, end).clear();
    }

    /** {@code mprotect}. */
    void protect(long start, long end, boolean writable) {
        for (long address = start; address < end; address += Mm.PAGE_BYTES) {
            if (writable) {
                readOnly.remove(address);
            } else {
                readOnly.add(address);
            }
        }
    }

    /** Whether there is an area at each address of {@code [start, end)}. */
    boolean isMapped(long start, long end) {
        return holes.subSet(start, end).isEmpty();
    }

    /** Whether none of the areas of {@code [start, end)} is without VM_WRITE. */
    boolean isWritable(long start, long end) {
        return readOnly.subSet(start, end).isEmpty();
    }
}
