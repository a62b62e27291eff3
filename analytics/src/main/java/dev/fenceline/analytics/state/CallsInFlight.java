package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.Ioctl;
import dev.fenceline.event.IoctlEnter;
import java.io.IOException;
import java.util.Arrays;
import org.agrona.collections.Long2LongHashMap;

/** The ioctls that threads are in: where each was entered. */
public final class CallsInFlight implements StatePart {
    private final Long2LongHashMap entered = new Long2LongHashMap(8, 0.55f, 0, false);

    CallsInFlight() {}

    /** The seq at which the thread entered the ioctl it is in; 0 if the recording does not show it. */
    public long enteredSeq(long tid) {
        return entered.get(tid);
    }

    void apply(IoctlEnter e) {
        entered.put(e.tid(), e.seq());
    }

    void apply(Ioctl e) {
        leave(e);
    }

    /** The thread is back in user space, or gone. */
    void leave(Event e) {
        entered.remove(e.tid());
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        long[] tids = new long[entered.size()];
        int n = 0;
        Long2LongHashMap.KeyIterator keys = entered.keySet().iterator();
        while (keys.hasNext()) {
            tids[n++] = keys.nextValue();
        }
        Arrays.sort(tids);
        out.number(n);
        for (long tid : tids) {
            out.number(tid);
            out.number(entered.get(tid));
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        int count = in.count();
        for (int i = 0; i < count; i++) {
            entered.put(in.number(), in.number());
        }
    }
}
