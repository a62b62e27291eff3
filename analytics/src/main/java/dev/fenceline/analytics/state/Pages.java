package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.PageFree;
import java.io.IOException;
import org.agrona.collections.Long2LongHashMap;

/**
 * The page incarnations that were freed lately. Pages are alive unless they are here: a page is one incarnation, so a frame
 * handed out again is another page.
 */
public final class Pages implements StatePart {
    /** How many freed pages are remembered; ours. */
    static final int REMEMBERED = 65_536;

    private final Long2LongHashMap freed = new Long2LongHashMap(0);
    private long[] order = new long[64];
    private int first;
    private int count;

    Pages() {}

    /** The seq at which the page went back to the allocator; 0 if it did not, or long ago. */
    public long freedSeq(long page) {
        return page == Event.ABSENT ? 0 : freed.get(page);
    }

    void apply(PageFree e) {
        if (e.hasPage() && freed.get(e.page()) == 0) {
            remember(e.page(), e.seq());
        }
    }

    private void remember(long page, long seq) {
        if (count == REMEMBERED) {
            freed.remove(order[first]);
            first = (first + 1) % order.length;
            count--;
        } else if (count == order.length) {
            long[] wider = new long[Math.min(REMEMBERED, order.length * 2)];
            for (int i = 0; i < count; i++) {
                wider[i] = order[(first + i) % order.length];
            }
            order = wider;
            first = 0;
        }
        order[(first + count) % order.length] = page;
        count++;
        freed.put(page, seq);
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        out.number(count);
        for (int i = 0; i < count; i++) {
            long page = order[(first + i) % order.length];
            out.number(page);
            out.number(freed.get(page));
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        int size = in.count();
        for (int i = 0; i < size; i++) {
            remember(in.number(), in.number());
        }
    }
}
