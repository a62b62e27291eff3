package dev.fenceline.analytics.state;

import dev.fenceline.event.DmaFenceLock;
import dev.fenceline.event.Event;
import dev.fenceline.event.FenceKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.LongArrayList;

/**
 * In which order the spinlocks of fences were taken inside each other: fence by fence, and class by class as lockdep does,
 * where the kind of the fence says which class its lock is of.
 */
public final class FenceLockOrder implements StatePart {
    /** How many orders are remembered, the latest; a number of ours. */
    private static final int ORDERS = 4096;

    private final Fences fences;
    private final Threads threads;
    private final Schedulers schedulers;
    private final LongArrayList outer = new LongArrayList();
    private final LongArrayList inner = new LongArrayList();
    private final LongArrayList seqs = new LongArrayList();
    private final List<String> classes = new ArrayList<>();

    FenceLockOrder(Fences fences, Threads threads, Schedulers schedulers) {
        this.fences = fences;
        this.threads = threads;
        this.schedulers = schedulers;
    }

    /** The lock of the fence: both fences of a job of drm_sched share one. */
    public long lockOf(long fence) {
        Job job = schedulers.jobOfScheduled(fence);
        return job == null || job.finished == Event.ABSENT ? fence : job.finished;
    }

    /**
     * Where the lock of {@code second} was taken before, directly or not, with that of {@code first} inside, so that taking
     * {@code second} inside {@code first} closes a circle: the seqs of those lockings. Empty if it closes none.
     */
    public LongArrayList against(long first, long second) {
        LongArrayList path = new LongArrayList();
        if (!leads(lockOf(second), lockOf(first), path, new LongArrayList())) {
            long firstClass = classOf(first);
            long secondClass = classOf(second);
            if (firstClass != 0 && secondClass != 0 && firstClass != secondClass) {
                leads(secondClass, firstClass, path, new LongArrayList());
            }
        }
        return path;
    }

    private boolean leads(long from, long to, LongArrayList path, LongArrayList met) {
        met.addLong(from);
        for (int i = 0; i < outer.size(); i++) {
            long next = inner.getLong(i);
            if (outer.getLong(i) != from || met.containsLong(next)) {
                continue;
            }
            path.addLong(seqs.getLong(i));
            if (next == to || leads(next, to, path, met)) {
                return true;
            }
            path.removeAt(path.size() - 1);
        }
        return false;
    }

    /** The class as a negative number; 0 if the kind of the fence is unknown. */
    private long classOf(long id) {
        Fence fence = fences.fence(id);
        if (fence == null || fence.kind == FenceKind.UNKNOWN) {
            return 0;
        }
        int known = classes.indexOf(className(fence));
        return known < 0 ? 0 : -1 - known;
    }

    private static String className(Fence fence) {
        return switch (fence.kind) {
            case SCHEDULED, FINISHED -> "drm_sched";
            case ARRAY, CHAIN -> fence.kind.name();
            default -> fence.kind.name() + ' ' + fence.driver;
        };
    }

    /** To be called before the thread is said to hold the lock. */
    void apply(DmaFenceLock e) {
        ThreadSections thread = threads.thread(e.tid());
        for (int i = 0; thread != null && i < thread.fenceLocks.depth(); i++) {
            long first = thread.fenceLocks.subject(i);
            order(lockOf(first), lockOf(e.fence()), e.seq());
            nameClass(first);
            nameClass(e.fence());
            long firstClass = classOf(first);
            long secondClass = classOf(e.fence());
            if (firstClass != 0 && secondClass != 0) {
                order(firstClass, secondClass, e.seq());
            }
        }
    }

    private void nameClass(long id) {
        Fence fence = fences.fence(id);
        if (fence != null && fence.kind != FenceKind.UNKNOWN && !classes.contains(className(fence))) {
            classes.add(className(fence));
        }
    }

    private void order(long first, long second, long seq) {
        if (first == second) {
            return;
        }
        for (int i = 0; i < outer.size(); i++) {
            if (outer.getLong(i) == first && inner.getLong(i) == second) {
                return;
            }
        }
        if (outer.size() == ORDERS) {
            outer.removeAt(0);
            inner.removeAt(0);
            seqs.removeAt(0);
        }
        outer.addLong(first);
        inner.addLong(second);
        seqs.addLong(seq);
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        out.number(outer.size());
        for (int i = 0; i < outer.size(); i++) {
            out.number(outer.getLong(i));
            out.number(inner.getLong(i));
            out.number(seqs.getLong(i));
        }
        out.number(classes.size());
        for (String each : classes) {
            out.text(each);
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        int orders = in.count();
        for (int i = 0; i < orders; i++) {
            outer.addLong(in.number());
            inner.addLong(in.number());
            seqs.addLong(in.number());
        }
        int named = in.count();
        for (int i = 0; i < named; i++) {
            String each = in.text();
            classes.add(each == null ? "" : each);
        }
    }
}
