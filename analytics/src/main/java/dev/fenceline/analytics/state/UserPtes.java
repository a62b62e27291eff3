package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.collections.Long2LongHashMap;

/** The page table entries of processes that show a BO, by VMA. Its id is that of the BO. */
public final class UserPtes extends KernelObject {
    final List<Vma> vmas = new ArrayList<>(1);

    UserPtes(long bo) {
        super(bo);
    }

    /** The entries of one VMA. */
    static final class Vma {
        final long id;
        /** When the entry of each page was inserted. */
        final Long2LongHashMap pages = new Long2LongHashMap(8, 0.55f, 0, false);

        Vma(long id) {
            this.id = id;
        }

        long[] sortedPages() {
            long[] sorted = new long[pages.size()];
            int n = 0;
            Long2LongHashMap.KeyIterator keys = pages.keySet().iterator();
            while (keys.hasNext()) {
                sorted[n++] = keys.nextValue();
            }
            Arrays.sort(sorted);
            return sorted;
        }
    }

    /** The seq of the oldest entry that is there. */
    public long firstSeq() {
        long first = Long.MAX_VALUE;
        for (Vma vma : vmas) {
            for (long page : vma.sortedPages()) {
                first = Math.min(first, vma.pages.get(page));
            }
        }
        return first;
    }

    boolean isEmpty() {
        return vmas.isEmpty();
    }

    void insert(long id, long page, long seq) {
        for (Vma vma : vmas) {
            if (vma.id == id) {
                vma.pages.put(page, seq);
                return;
            }
        }
        Vma vma = new Vma(id);
        vma.pages.put(page, seq);
        vmas.add(vma);
    }

    /** Removes the entry of a page, or all of a VMA, or all there are, where {@link Event#ABSENT} stands for all. */
    void zap(long id, long page) {
        for (int i = vmas.size() - 1; i >= 0; i--) {
            Vma vma = vmas.get(i);
            if (id == Event.ABSENT || vma.id == id) {
                if (page != Event.ABSENT) {
                    vma.pages.remove(page);
                }
                if (page == Event.ABSENT || vma.pages.isEmpty()) {
                    vmas.remove(i);
                }
            }
        }
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(vmas.size());
        for (Vma vma : vmas) {
            out.number(vma.id);
            out.number(vma.pages.size());
            for (long page : vma.sortedPages()) {
                out.number(page);
                out.number(vma.pages.get(page));
            }
        }
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        int count = in.count();
        for (int i = 0; i < count; i++) {
            Vma vma = new Vma(in.number());
            int pages = in.count();
            for (int n = 0; n < pages; n++) {
                vma.pages.put(in.number(), in.number());
            }
            vmas.add(vma);
        }
    }
}
