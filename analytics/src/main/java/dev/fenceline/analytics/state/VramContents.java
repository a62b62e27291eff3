package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Which ranges of VRAM hold what some client wrote, and when it wrote it; what is in no range is clean or unknown. */
public final class VramContents {
    /** By device and by first page: ranges of one device share no page. */
    private final NavigableMap<Long, NavigableMap<Long, Written>> devices = new TreeMap<>();

    VramContents() {}

    /**
     * A range that was written.
     *
     * @param start the first page
     * @param end the page after the last
     * @param writer the client that wrote it; {@link Event#ABSENT} if the event did not say which
     * @param seq the seq of the write
     */
    public record Written(long start, long end, long writer, long seq) {}

    /** Whether nothing is written. */
    public boolean isEmpty() {
        for (NavigableMap<Long, Written> ranges : devices.values()) {
            if (!ranges.isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /** The ranges that share a page with [start, end) of the device; an unknown device may be any. */
    public List<Written> overlapping(long device, long start, long end) {
        List<Written> overlapping = new ArrayList<>(2);
        devices.forEach((of, ranges) -> {
            if (mayBeSame(of, device)) {
                addOverlapping(ranges, start, end, overlapping);
            }
        });
        return overlapping;
    }

    void write(long device, long start, long end, long writer, long seq) {
        clear(device, start, end);
        add(device, new Written(start, end, writer, seq));
    }

    /** What an event without a device clears where several devices have something, one of them has still: nobody knows which. */
    void clear(long device, long start, long end) {
        int holders = 0;
        for (var of : devices.entrySet()) {
            holders += mayBeSame(of.getKey(), device) && holds(of.getValue(), start, end) ? 1 : 0;
        }
        boolean sure = device != Event.ABSENT || holders <= 1;
        devices.forEach((of, ranges) -> {
            if (mayBeSame(of, device)) {
                clear(ranges, start, end, sure);
            }
        });
    }

    private static boolean holds(NavigableMap<Long, Written> ranges, long start, long end) {
        List<Written> found = new ArrayList<>(2);
        addOverlapping(ranges, start, end, found);
        return !found.isEmpty();
    }

    private static boolean mayBeSame(long device, long other) {
        return device == other || device == Event.ABSENT || other == Event.ABSENT;
    }

    private static void clear(NavigableMap<Long, Written> ranges, long start, long end, boolean sure) {
        List<Written> cut = new ArrayList<>(2);
        addOverlapping(ranges, start, end, cut);
        for (Written range : cut) {
            ranges.remove(range.start);
            if (range.start < start) {
                ranges.put(range.start, new Written(range.start, start, range.writer, range.seq));
            }
            if (range.end > end) {
                ranges.put(end, new Written(end, range.end, range.writer, range.seq));
            }
            if (!sure) {
                long from = Math.max(range.start, start);
                ranges.put(from, new Written(from, Math.min(range.end, end), Event.ABSENT, range.seq));
            }
        }
    }

    private static void addOverlapping(
            NavigableMap<Long, Written> ranges, long start, long end, List<Written> overlapping) {
        if (start >= end) {
            return;
        }
        Long first = ranges.floorKey(start);
        for (Written range : ranges.subMap(first == null ? Long.valueOf(start) : first, true, end, false)
                .values()) {
            if (range.end > start) {
                overlapping.add(range);
            }
        }
    }

    private void add(long device, Written range) {
        if (range.start < range.end) {
            devices.computeIfAbsent(device, of -> new TreeMap<>()).put(range.start, range);
        }
    }

    void write(SnapshotWriter out) throws IOException {
        int count = 0;
        for (NavigableMap<Long, Written> ranges : devices.values()) {
            count += ranges.size();
        }
        out.number(count);
        for (var device : devices.entrySet()) {
            for (Written range : device.getValue().values()) {
                out.number(device.getKey());
                out.number(range.start);
                out.number(range.end);
                out.number(range.writer);
                out.number(range.seq);
            }
        }
    }

    void read(SnapshotReader in) throws IOException {
        int ranges = in.count();
        for (int i = 0; i < ranges; i++) {
            long device = in.number();
            add(device, new Written(in.number(), in.number(), in.number(), in.number()));
        }
    }
}
