package dev.fenceline.analytics.state;

import dev.fenceline.event.LongList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/** Which page table entries point to a page: the page tables read backwards. */
final class MappedPages {
    private static final int PAGE_SHIFT = 12;

    private final Long2ObjectHashMap<List<Place>> places = new Long2ObjectHashMap<>();

    /** An entry: where its page table has it. */
    private record Place(PageTable table, long address) {}

    /** Whether entries name one page for each 4 KiB of their range, so that a part of the range is a part of the pages. */
    private static boolean isOnePerEntry(LongList pages, long start, long end) {
        return (long) pages.size() << PAGE_SHIFT == end - start;
    }

    /** The pages of [from, to), a part of the range that has these; null if the entries do not tell. */
    static @Nullable LongList part(@Nullable LongList pages, long start, long end, long from, long to) {
        boolean whole = from == start && to == end;
        if (pages == null || whole) {
            return pages;
        }
        long offset = from - start;
        long length = to - from;
        long inPage = (1 << PAGE_SHIFT) - 1;
        if (!isOnePerEntry(pages, start, end) || ((offset | length) & inPage) != 0) {
            return null;
        }
        long[] part = new long[(int) (length >>> PAGE_SHIFT)];
        for (int i = 0; i < part.length; i++) {
            part[i] = pages.get((int) (offset >>> PAGE_SHIFT) + i);
        }
        return LongList.of(part);
    }

    void add(PageTable table, long start, long end, @Nullable LongList pages) {
        for (int i = 0; pages != null && i < pages.size(); i++) {
            places.computeIfAbsent(pages.get(i), page -> new ArrayList<>(1))
                    .add(new Place(table, addressOf(i, pages, start, end)));
        }
    }

    void remove(PageTable table, long start, long end, @Nullable LongList pages) {
        for (int i = 0; pages != null && i < pages.size(); i++) {
            List<Place> of = places.get(pages.get(i));
            if (of == null) {
                continue;
            }
            long address = addressOf(i, pages, start, end);
            for (int p = 0; p < of.size(); p++) {
                if (of.get(p).table == table && of.get(p).address == address) {
                    of.remove(p);
                    break;
                }
            }
            if (of.isEmpty()) {
                places.remove(pages.get(i));
            }
        }
    }

    private static long addressOf(int i, LongList pages, long start, long end) {
        return isOnePerEntry(pages, start, end) ? start + ((long) i << PAGE_SHIFT) : start;
    }

    /** For each address space that has entries for the page the first of them, by the spaces' ids. */
    List<AddressSpaces.PageEntry> of(long page) {
        List<Place> found = places.get(page);
        if (found == null) {
            return List.of();
        }
        TreeMap<Long, Place> first = new TreeMap<>();
        Comparator<Place> order = Comparator.<Place>comparingInt(place -> place.table.tile)
                .thenComparing((a, b) -> Long.compareUnsigned(a.address, b.address));
        for (Place place : found) {
            first.merge(place.table.vm.id, place, (a, b) -> order.compare(a, b) <= 0 ? a : b);
        }
        List<AddressSpaces.PageEntry> entries = new ArrayList<>(first.size());
        for (Place place : first.values()) {
            PageTable table = place.table;
            entries.add(new AddressSpaces.PageEntry(table.vm, table.seq(table.firstAfter(place.address))));
        }
        return entries;
    }
}
