package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import java.io.IOException;
import java.util.Arrays;
import org.agrona.collections.LongHashSet;
import org.jspecify.annotations.Nullable;

/** What the user-mode queues of one client share: its eviction fence, the memory that it guards, and the lock. Its id is the client's. */
public final class UserQueueClient extends KernelObject {
    long evictionFence = Event.ABSENT;
    long armSeq;
    long mutex = Event.ABSENT;
    long mutexSeq;
    private final LongHashSet bos = new LongHashSet(8, 0.55f, false);
    private final LongHashSet resvs = new LongHashSet(8, 0.55f, false);

    UserQueueClient(long client) {
        super(client);
    }

    /** The eviction fence armed last; {@link Event#ABSENT} if none was seen. */
    public long evictionFence() {
        return evictionFence;
    }

    /** The seq at which it was armed; 0 if none was seen. */
    public long armSeq() {
        return armSeq;
    }

    /** Its {@code userq_mutex}; {@link Event#ABSENT} if it is not known which lock that is. */
    public long mutex() {
        return mutex;
    }

    /** The seq that told which lock it is; 0 if none did. */
    public long mutexSeq() {
        return mutexSeq;
    }

    /** Whether the eviction fence was put on that BO, or into that reservation. */
    boolean guards(long bo, long resv) {
        return bos.contains(bo) || (resv != Event.ABSENT && resvs.contains(resv));
    }

    void arm(long fence, @Nullable LongList on, long seq) {
        evictionFence = fence;
        armSeq = seq;
        bos.clear();
        resvs.clear();
        for (int i = 0; on != null && i < on.size(); i++) {
            bos.add(on.get(i));
        }
    }

    void attach(long resv) {
        resvs.add(resv);
    }

    /** The BO, or what has that reservation, may go without the client's queues being stopped. */
    void detach(long bo, long resv) {
        bos.remove(bo);
        resvs.remove(resv);
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(evictionFence);
        out.number(armSeq);
        out.number(mutex);
        out.number(mutexSeq);
        write(bos, out);
        write(resvs, out);
    }

    private static void write(LongHashSet set, SnapshotWriter out) throws IOException {
        long[] sorted = new long[set.size()];
        int n = 0;
        LongHashSet.LongIterator each = set.iterator();
        while (each.hasNext()) {
            sorted[n++] = each.nextValue();
        }
        Arrays.sort(sorted);
        out.numbers(LongList.of(sorted));
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        evictionFence = in.number();
        armSeq = in.number();
        mutex = in.number();
        mutexSeq = in.number();
        read(bos, in.numbers());
        read(resvs, in.numbers());
    }

    private static void read(LongHashSet set, @Nullable LongList from) {
        for (int i = 0; from != null && i < from.size(); i++) {
            set.add(from.get(i));
        }
    }
}
