package dev.fenceline.analytics.state;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.LongFunction;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The objects of one kind that are alive, by id, and the last few that are not.
 *
 * <p>An object that departs stays in a quarantine of {@value #QUARANTINE} (as the kernel's KASAN does with freed memory), so
 * that a use after its end still finds what it was; the quarantine bounds the memory for the dead.
 */
final class ObjectTable<T extends KernelObject> {
    static final int QUARANTINE = 1024;

    private final LongFunction<T> maker;
    // Iterators are not cached: one that a failed snapshot left half-way is not met again.
    private final Long2ObjectHashMap<T> alive = new Long2ObjectHashMap<>(8, 0.55f, false);
    private final Long2ObjectHashMap<T> departed = new Long2ObjectHashMap<>();
    private final ArrayDeque<T> quarantine = new ArrayDeque<>();

    ObjectTable(LongFunction<T> maker) {
        this.maker = maker;
    }

    /** The live object of that id. */
    @Nullable T get(long id) {
        return alive.get(id);
    }

    /** The live object of that id, or the one that departed a short while ago. */
    @Nullable T find(long id) {
        T object = alive.get(id);
        return object != null ? object : departed.get(id);
    }

    /** Adds a new object; one of the same id that is there gives way: it is an earlier incarnation. */
    T create(long id, long seq) {
        T object = maker.apply(id);
        object.born = seq;
        alive.put(id, object);
        return object;
    }

    /** Adds an object that is mentioned without having been introduced: what it was before is not known. */
    T assume(long id, long seq) {
        T object = create(id, seq);
        object.assumed = true;
        return object;
    }

    /** Moves the object to the quarantine. */
    void depart(T object, long seq) {
        if (alive.get(object.id) != object) {
            return;
        }
        alive.remove(object.id);
        object.departed = seq;
        departed.put(object.id, object);
        quarantine.addLast(object);
        if (quarantine.size() > QUARANTINE) {
            T oldest = quarantine.removeFirst();
            if (departed.get(oldest.id) == oldest) {
                departed.remove(oldest.id);
            }
        }
    }

    /** Takes an object that departed out of the quarantine: it turns out to be in use again. */
    void revive(T object) {
        if (departed.get(object.id) == object) {
            departed.remove(object.id);
            quarantine.removeLastOccurrence(object);
            object.departed = 0;
            alive.put(object.id, object);
        }
    }

    /** Forgets a live object without quarantine. */
    void remove(T object) {
        if (alive.get(object.id) == object) {
            alive.remove(object.id);
        }
    }

    int size() {
        return alive.size();
    }

    /** The live ids in ascending order: the only order in which they may be walked. */
    long[] ids() {
        long[] ids = new long[alive.size()];
        int n = 0;
        Long2ObjectHashMap<T>.KeyIterator keys = alive.keySet().iterator();
        while (keys.hasNext()) {
            ids[n++] = keys.nextLong();
        }
        Arrays.sort(ids);
        return ids;
    }

    void write(SnapshotWriter out) throws IOException {
        out.number(alive.size());
        for (long id : ids()) {
            out.number(id);
            T object = alive.get(id);
            object.writeLife(out);
            object.write(out);
        }
        out.number(quarantine.size());
        for (T object : quarantine) {
            out.number(object.id);
            object.writeLife(out);
            object.write(out);
        }
    }

    void read(SnapshotReader in) throws IOException {
        int live = in.count();
        for (int i = 0; i < live; i++) {
            T object = readObject(in);
            alive.put(object.id, object);
        }
        int dead = in.count();
        for (int i = 0; i < dead; i++) {
            T object = readObject(in);
            quarantine.addLast(object);
            departed.put(object.id, object);
        }
    }

    private T readObject(SnapshotReader in) throws IOException {
        T object = maker.apply(in.number());
        object.readLife(in);
        object.read(in);
        return object;
    }
}
