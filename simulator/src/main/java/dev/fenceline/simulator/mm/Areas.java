package dev.fenceline.simulator.mm;

import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The {@code vm_area_struct}s of an address space. Programs of the model have everything mapped, to read and to write, without saying so;
 * this is what they mapped where they said so, and what they unmapped and write-protected since.
 */
final class Areas {
    private final NavigableMap<Long, Long> mapped = new TreeMap<>();
    private final NavigableSet<Long> holes = new TreeSet<>();
    private final NavigableSet<Long> readOnly = new TreeSet<>();

    /** {@code munmap}. */
    void unmap(long start, long end) {
        for (long address = start; address < end; address += Mm.PAGE_BYTES) {
            holes.add(address);
        }
        readOnly.subSet(start, end).clear();
        Mm.PageRun area = find(start);
        if (area != null) {
            if (area.start() < start) {
                mapped.put(area.start(), start);
            }
            if (area.end() > end) {
                mapped.put(end, area.end());
            }
        }
        mapped.subMap(start, end).clear();
    }

    /** {@code mmap} of what was unmapped, or never mapped. */
    void map(long start, long end) {
        holes.subSet(start, end).clear();
        mapped.put(start, end);
    }

    /** {@code vma_lookup}: the area with that address, where the program said so; null if there is none. */
    Mm.@Nullable PageRun find(long address) {
        Map.Entry<Long, Long> area = mapped.floorEntry(address);
        return area == null || area.getValue() <= address ? null : new Mm.PageRun(area.getKey(), area.getValue());
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
