package dev.fenceline.analytics.state;

import dev.fenceline.event.DevmemCopy;
import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** The copies between memory of programs and memory of devices whose fences are pending, the newest of them. */
public final class DevmemCopies implements StatePart {
    /** How many are remembered; ours. A driver waits for each, so that there are as many as threads that migrate. */
    static final int REMEMBERED = 256;

    private final Fences fences;
    private final Deque<Copy> copies = new ArrayDeque<>();

    DevmemCopies(Fences fences) {
        this.fences = fences;
    }

    /**
     * A copy.
     *
     * @param seq when it was asked for
     * @param bo the memory of the device; {@link Event#ABSENT} if not stated
     * @param fence what signals when it is done
     * @param sources the pages that are read
     * @param targets the pages that are written
     */
    public record Copy(long seq, long bo, long fence, LongList sources, LongList targets) {}

    /** The copy that still reads the page; null if there is none. */
    public @Nullable Copy reading(long page) {
        for (Copy copy : copies) {
            if (contains(copy.sources, page) && isPending(copy)) {
                return copy;
            }
        }
        return null;
    }

    /** The copy that still writes the page; null if there is none. */
    public @Nullable Copy filling(long page) {
        for (Copy copy : copies) {
            if (contains(copy.targets, page) && isPending(copy)) {
                return copy;
            }
        }
        return null;
    }

    private static boolean contains(LongList pages, long page) {
        for (int i = 0; page != Event.ABSENT && i < pages.size(); i++) {
            if (pages.get(i) == page) {
                return true;
            }
        }
        return false;
    }

    private boolean isPending(Copy copy) {
        return fences.pendingSince(copy.fence, copy.seq) != null;
    }

    void apply(DevmemCopy e) {
        copies.removeIf(copy -> !isPending(copy));
        if (!e.hasFence() || fences.touch(e.fence(), e.seq()) == null) {
            return;
        }
        if (copies.size() == REMEMBERED) {
            copies.removeFirst();
        }
        copies.add(new Copy(e.seq(), e.bo(), e.fence(), orNone(e.sources()), orNone(e.targets())));
    }

    private static LongList orNone(@Nullable LongList pages) {
        return pages == null ? LongList.of() : pages;
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        out.number(copies.size());
        for (Copy copy : copies) {
            out.number(copy.seq);
            out.number(copy.bo);
            out.number(copy.fence);
            out.numbers(copy.sources);
            out.numbers(copy.targets);
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        int count = in.count();
        for (int i = 0; i < count; i++) {
            copies.add(new Copy(in.number(), in.number(), in.number(), orNone(in.numbers()), orNone(in.numbers())));
        }
    }
}
