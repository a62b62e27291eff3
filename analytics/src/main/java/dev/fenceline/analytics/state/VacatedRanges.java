package dev.fenceline.analytics.state;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/** The ranges that were given back while a copy out of them may still run, by place. They may overlap. */
public final class VacatedRanges {
    private static final int FIRST_LIMIT = 16;

    private final Fences fences;
    private final NavigableSet<VacatedRange> ranges = new TreeSet<>(Comparator.comparingLong(VacatedRange::device)
            .thenComparing(VacatedRange::memory)
            .thenComparingLong(VacatedRange::start)
            .thenComparingLong(VacatedRange::seq));
    /** No range is longer. */
    private long longest;
    /** At how many it is worth looking for those whose copy is done. */
    private int limit = FIRST_LIMIT;

    VacatedRanges(Fences fences) {
        this.fences = fences;
    }

    /** Whether no copy can be reading a range that was given back. */
    public boolean isEmpty() {
        return ranges.isEmpty();
    }

    /** Those that share a page with [start, end) of that memory of the device. */
    public List<VacatedRange> overlapping(long device, String memory, long start, long end) {
        List<VacatedRange> overlapping = new ArrayList<>(2);
        long first = start < Long.MIN_VALUE + longest ? Long.MIN_VALUE : start - longest;
        VacatedRange from = new VacatedRange(device, memory, first, 0, 0, Long.MIN_VALUE);
        VacatedRange to = new VacatedRange(device, memory, end, 0, 0, Long.MIN_VALUE);
        for (VacatedRange range : start < end ? ranges.subSet(from, to) : List.<VacatedRange>of()) {
            if (range.end > start) {
                overlapping.add(range);
            }
        }
        return overlapping;
    }

    void add(VacatedRange range) {
        if (ranges.size() >= limit) {
            ranges.removeIf(each -> fences.pendingSince(each.fence, each.seq) == null);
            limit = Math.max(FIRST_LIMIT, 2 * ranges.size());
        }
        longest = Math.max(ranges.isEmpty() ? 0 : longest, range.end - range.start);
        ranges.add(range);
    }

    void write(SnapshotWriter out) throws IOException {
        out.number(limit);
        out.number(ranges.size());
        for (VacatedRange range : ranges) {
            range.write(out);
        }
    }

    void read(SnapshotReader in) throws IOException {
        int limitThen = in.count();
        int count = in.count();
        limit = Integer.MAX_VALUE;
        for (int i = 0; i < count; i++) {
            add(VacatedRange.read(in));
        }
        limit = limitThen;
    }
}
