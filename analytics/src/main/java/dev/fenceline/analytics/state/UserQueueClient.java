package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.collections.LongHashSet;
import org.jspecify.annotations.Nullable;

/** What the user-mode queues of one client share: its eviction fence, the memory that it guards, and the lock. Its id is the client's. */
public final class UserQueueClient extends KernelObject {
    long evictionFence = Event.ABSENT;
    long armSeq;
    long mutex = Event.ABSENT;
    long mutexSeq;
    private final LongHashSet bos = new LongHashSet(8, 0.55f, false);
    /** Reservations that it was put into, and the seq of that. */
    private final Long2LongHashMap resvs = new Long2LongHashMap(8, 0.55f, Event.ABSENT, false);
    /** The addresses at which the client's mappings begin. */
    private final NavigableSet<Long> mappings = new TreeSet<>(Long::compareUnsigned);

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

    /** The seq at which the eviction fence was put on that BO, or into that reservation; 0 if it was not. */
    long guardSeq(long bo, long resv) {
        if (bos.contains(bo)) {
            return armSeq;
        }
        long since = resv == Event.ABSENT ? Event.ABSENT : resvs.get(resv);
        return since == Event.ABSENT ? 0 : since;
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

    void attach(long resv, long seq) {
        if (resv != Event.ABSENT && !resvs.containsKey(resv)) {
            resvs.put(resv, seq);
        }
    }

    /** The BO, or what has that reservation, may go without the client's queues being stopped. */
    void detach(long bo, long resv) {
        bos.remove(bo);
        resvs.remove(resv);
    }

    void map(long address) {
        mappings.add(address);
    }

    void unmap(long address) {
        mappings.remove(address);
    }

    /** Whether a mapping begins behind {@code address} and in the {@code length} bytes from there. */
    boolean mapsWithin(long address, long length) {
        Long next = mappings.higher(address);
        return next != null && Long.compareUnsigned(next - address, length) < 0;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(evictionFence);
        out.number(armSeq);
        out.number(mutex);
        out.number(mutexSeq);
        out.numbers(sorted(bos.iterator(), bos.size()));
        LongList into = sorted(resvs.keySet().iterator(), resvs.size());
        out.numbers(into);
        for (int i = 0; i < into.size(); i++) {
            out.number(resvs.get(into.get(i)));
        }
        out.numbers(sorted(mappings.iterator(), mappings.size()));
    }

    private static LongList sorted(Iterator<Long> each, int size) {
        long[] sorted = new long[size];
        for (int i = 0; i < size; i++) {
            sorted[i] = each.next();
        }
        Arrays.sort(sorted);
        return LongList.of(sorted);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        evictionFence = in.number();
        armSeq = in.number();
        mutex = in.number();
        mutexSeq = in.number();
        LongList on = in.numbers();
        for (int i = 0; on != null && i < on.size(); i++) {
            bos.add(on.get(i));
        }
        LongList into = in.numbers();
        for (int i = 0; into != null && i < into.size(); i++) {
            resvs.put(into.get(i), in.number());
        }
        LongList mapped = in.numbers();
        for (int i = 0; mapped != null && i < mapped.size(); i++) {
            mappings.add(mapped.get(i));
        }
    }
}
