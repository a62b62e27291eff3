package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The fences that refer to one thing of a driver: to an object, or to the code of a module. */
final class FenceUsers extends KernelObject {
    private static final int FIRST_LIMIT = 8;

    private int count;
    private long[] fences = new long[2];
    private long[] initSeqs = new long[2];
    /** At how many it is worth looking for those that refer to it no more. */
    private int limit = FIRST_LIMIT;

    FenceUsers(long id) {
        super(id);
    }

    /** Adds a fence; now and then forgets those that the predicate does not hold for. */
    void add(Fence fence, Fences all, Predicate<Fence> stillRefers) {
        if (count >= limit) {
            forget(all, stillRefers);
            limit = Math.max(FIRST_LIMIT, count * 2);
        }
        if (count == fences.length) {
            fences = Arrays.copyOf(fences, count * 2);
            initSeqs = Arrays.copyOf(initSeqs, count * 2);
        }
        fences[count] = fence.id;
        initSeqs[count] = fence.initSeq;
        count++;
    }

    /** The first fence for which the predicate holds; null if there is none. */
    @Nullable Fence first(Fences all, Predicate<Fence> wanted) {
        for (int i = 0; i < count; i++) {
            Fence fence = fence(i, all);
            if (fence != null && wanted.test(fence)) {
                return fence;
            }
        }
        return null;
    }

    private void forget(Fences all, Predicate<Fence> stillRefers) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            Fence fence = fence(i, all);
            if (fence != null && stillRefers.test(fence)) {
                fences[kept] = fences[i];
                initSeqs[kept] = initSeqs[i];
                kept++;
            }
        }
        count = kept;
    }

    /** The fence as it was when it was added; null if it has been gone for long or its id stands for another. */
    private @Nullable Fence fence(int i, Fences all) {
        Fence fence = fences[i] == Event.ABSENT ? null : all.fence(fences[i]);
        return fence != null && fence.initSeq == initSeqs[i] ? fence : null;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(limit);
        out.number(count);
        for (int i = 0; i < count; i++) {
            out.number(fences[i]);
            out.number(initSeqs[i]);
        }
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        limit = in.count();
        count = in.count();
        fences = new long[Math.max(2, count)];
        initSeqs = new long[fences.length];
        for (int i = 0; i < count; i++) {
            fences[i] = in.number();
            initSeqs[i] = in.number();
        }
    }
}
