package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.PageAlloc;
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
    /** The page that was the last incarnation of a frame which is free. */
    private final Long2LongHashMap lastOfFrame = new Long2LongHashMap(Event.ABSENT);

    private long[] order = new long[64];
    private long[] frames = new long[64];
    private int first;
    private int count;

    Pages() {}

    /** The seq at which the page went back to the allocator; 0 if it did not, or long ago. */
    public long freedSeq(long page) {
        return page == Event.ABSENT ? 0 : freed.get(page);
    }

    /** The page that the frame was last, if it was freed lately and not handed out since; {@link Event#ABSENT} if that is not known. */
    public long lastOfFrame(long frame) {
        return frame == Event.ABSENT ? Event.ABSENT : lastOfFrame.get(frame);
    }

    void apply(PageFree e) {
        if (e.page() != Event.ABSENT && freed.get(e.page()) == 0) {
            remember(e.page(), e.frame(), e.seq());
            if (e.hasFrame()) {
                lastOfFrame.put(e.frame(), e.page());
            }
        }
    }

    void apply(PageAlloc e) {
        if (e.hasFrame()) {
            lastOfFrame.remove(e.frame());
        }
    }

    private void remember(long page, long frame, long seq) {
        if (count == REMEMBERED) {
            freed.remove(order[first]);
            lastOfFrame.remove(frames[first], order[first]);
            first = (first + 1) % order.length;
            count--;
        } else if (count == order.length) {
            order = widened(order);
            frames = widened(frames);
            first = 0;
        }
        order[(first + count) % order.length] = page;
        frames[(first + count) % order.length] = frame;
        count++;
        freed.put(page, seq);
    }

    private long[] widened(long[] ring) {
        long[] wider = new long[Math.min(REMEMBERED, ring.length * 2)];
        for (int i = 0; i < count; i++) {
            wider[i] = ring[(first + i) % ring.length];
        }
        return wider;
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        out.number(count);
        for (int i = 0; i < count; i++) {
            long page = order[(first + i) % order.length];
            out.number(page);
            long frame = frames[(first + i) % order.length];
            out.number(frame);
            out.number(freed.get(page));
            out.flag(lastOfFrame(frame) == page);
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        int size = in.count();
        for (int i = 0; i < size; i++) {
            long page = in.number();
            long frame = in.number();
            remember(page, frame, in.number());
            if (in.flag()) {
                lastOfFrame.put(frame, page);
            }
        }
    }
}
