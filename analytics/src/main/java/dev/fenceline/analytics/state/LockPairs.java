package dev.fenceline.analytics.state;

import java.io.IOException;
import java.util.Arrays;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;
import org.agrona.collections.LongHashSet;

/** Which locks were taken inside which, and where first. */
final class LockPairs {
    /** For an outer lock the inner ones, each followed by the seq. */
    private final Long2ObjectHashMap<LongArrayList> inside = new Long2ObjectHashMap<>();

    private final Long2ObjectHashMap<LongArrayList> outside = new Long2ObjectHashMap<>();

    void add(long outer, long inner, long seq) {
        if (outer == inner) {
            return;
        }
        LongArrayList pairs = listOf(inside, outer);
        if (indexOf(pairs, inner) < 0) {
            pairs.addLong(inner);
            pairs.addLong(seq);
            listOf(outside, inner).addLong(outer);
        }
    }

    /** Nobody takes the lock any more. */
    void forget(long lock) {
        LongArrayList inner = inside.remove(lock);
        for (int i = 0; inner != null && i < inner.size(); i += 2) {
            LongArrayList outer = outside.get(inner.getLong(i));
            if (outer != null) {
                outer.removeLong(lock);
                removeIfEmpty(outside, inner.getLong(i), outer);
            }
        }
        LongArrayList outer = outside.remove(lock);
        for (int i = 0; outer != null && i < outer.size(); i++) {
            LongArrayList pairs = inside.get(outer.getLong(i));
            int at = pairs == null ? -1 : indexOf(pairs, lock);
            if (pairs != null && at >= 0) {
                pairs.removeAt(at + 1);
                pairs.removeAt(at);
                removeIfEmpty(inside, outer.getLong(i), pairs);
            }
        }
    }

    /** Adds the seqs of the pairs that lead from one lock inwards to the other, and says whether any do. */
    boolean lead(long from, long to, LongArrayList path) {
        return lead(from, to, path, new LongHashSet());
    }

    private boolean lead(long from, long to, LongArrayList path, LongHashSet met) {
        met.add(from);
        LongArrayList pairs = inside.get(from);
        for (int i = 0; pairs != null && i < pairs.size(); i += 2) {
            long next = pairs.getLong(i);
            if (met.contains(next)) {
                continue;
            }
            path.addLong(pairs.getLong(i + 1));
            if (next == to || lead(next, to, path, met)) {
                return true;
            }
            path.removeAt(path.size() - 1);
        }
        return false;
    }

    private static int indexOf(LongArrayList pairs, long inner) {
        for (int i = 0; i < pairs.size(); i += 2) {
            if (pairs.getLong(i) == inner) {
                return i;
            }
        }
        return -1;
    }

    private static LongArrayList listOf(Long2ObjectHashMap<LongArrayList> map, long lock) {
        LongArrayList list = map.get(lock);
        if (list == null) {
            list = new LongArrayList(2, LongArrayList.DEFAULT_NULL_VALUE);
            map.put(lock, list);
        }
        return list;
    }

    private static void removeIfEmpty(Long2ObjectHashMap<LongArrayList> map, long lock, LongArrayList list) {
        if (list.isEmpty()) {
            map.remove(lock);
        }
    }

    void write(SnapshotWriter out) throws IOException {
        long[] outer = new long[inside.size()];
        int n = 0;
        Long2ObjectHashMap<LongArrayList>.KeyIterator keys = inside.keySet().iterator();
        while (keys.hasNext()) {
            outer[n++] = keys.nextLong();
        }
        Arrays.sort(outer);
        out.number(outer.length);
        for (long lock : outer) {
            LongArrayList pairs = inside.get(lock);
            out.number(lock);
            out.number(pairs == null ? 0 : pairs.size() / 2);
            for (int i = 0; pairs != null && i < pairs.size(); i++) {
                out.number(pairs.getLong(i));
            }
        }
    }

    void read(SnapshotReader in) throws IOException {
        int locks = in.count();
        for (int i = 0; i < locks; i++) {
            long outer = in.number();
            int pairs = in.count();
            for (int k = 0; k < pairs; k++) {
                add(outer, in.number(), in.number());
            }
        }
    }
}
