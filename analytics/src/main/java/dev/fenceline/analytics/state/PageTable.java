package dev.fenceline.analytics.state;

import dev.fenceline.event.LongList;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one GPU address space on one tile, as disjoint ranges in address order, each with the seq of the event that
 * wrote it.
 */
final class PageTable {
    final AddressSpace vm;
    final int tile;
    private final MappedPages mapped;
    int count;
    private long[] starts = new long[4];
    private long[] ends = new long[4];
    private long[] seqs = new long[4];
    private @Nullable LongList[] pages = new LongList[4];

    PageTable(AddressSpace vm, int tile, MappedPages mapped) {
        this.vm = vm;
        this.tile = tile;
        this.mapped = mapped;
    }

    long start(int i) {
        return starts[i];
    }

    long end(int i) {
        return ends[i];
    }

    long seq(int i) {
        return seqs[i];
    }

    /** The pages of the range; null if the event did not say, or the range was cut since and nothing tells which are left. */
    @Nullable LongList pages(int i) {
        return pages[i];
    }

    /** The first range that ends after {@code address}; {@link #count} if there is none. */
    int firstAfter(long address) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(ends[middle], address) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Whether range {@code i} exists and begins before {@code end}. */
    boolean beginsBefore(int i, long end) {
        return i < count && Long.compareUnsigned(starts[i], end) < 0;
    }

    void write(long start, long end, long seq, @Nullable LongList entries) {
        zap(start, end);
        insert(firstAfter(start), start, end, seq, entries);
    }

    void zap(long start, long end) {
        int i = firstAfter(start);
        while (beginsBefore(i, end)) {
            boolean before = Long.compareUnsigned(starts[i], start) < 0;
            boolean after = Long.compareUnsigned(ends[i], end) > 0;
            if (before && after) {
                long last = ends[i];
                LongList rest = MappedPages.part(pages[i], starts[i], last, end, last);
                cut(i, starts[i], start);
                insert(i + 1, end, last, seqs[i], rest);
                return;
            } else if (before) {
                cut(i, starts[i], start);
                i++;
            } else if (after) {
                cut(i, end, ends[i]);
                return;
            } else {
                remove(i);
            }
        }
    }

    void clear() {
        while (count > 0) {
            remove(count - 1);
        }
    }

    private void cut(int i, long from, long to) {
        LongList left = MappedPages.part(pages[i], starts[i], ends[i], from, to);
        mapped.remove(this, starts[i], ends[i], pages[i]);
        starts[i] = from;
        ends[i] = to;
        pages[i] = left;
        mapped.add(this, from, to, left);
    }

    private void insert(int i, long start, long end, long seq, @Nullable LongList entries) {
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, count * 2);
            ends = Arrays.copyOf(ends, count * 2);
            seqs = Arrays.copyOf(seqs, count * 2);
            pages = Arrays.copyOf(pages, count * 2);
        }
        int rest = count - i;
        System.arraycopy(starts, i, starts, i + 1, rest);
        System.arraycopy(ends, i, ends, i + 1, rest);
        System.arraycopy(seqs, i, seqs, i + 1, rest);
        System.arraycopy(pages, i, pages, i + 1, rest);
        starts[i] = start;
        ends[i] = end;
        seqs[i] = seq;
        pages[i] = entries;
        count++;
        mapped.add(this, start, end, entries);
    }

    private void remove(int i) {
        mapped.remove(this, starts[i], ends[i], pages[i]);
        int rest = count - i - 1;
        System.arraycopy(starts, i + 1, starts, i, rest);
        System.arraycopy(ends, i + 1, ends, i, rest);
        System.arraycopy(seqs, i + 1, seqs, i, rest);
        System.arraycopy(pages, i + 1, pages, i, rest);
        pages[--count] = null;
    }

    void write(SnapshotWriter out) throws IOException {
        out.number(count);
        for (int i = 0; i < count; i++) {
            out.number(starts[i]);
            out.number(ends[i]);
            out.number(seqs[i]);
            out.numbers(pages[i]);
        }
    }

    void read(SnapshotReader in) throws IOException {
        int size = in.count();
        for (int i = 0; i < size; i++) {
            insert(i, in.number(), in.number(), in.number(), in.numbers());
        }
    }
}
