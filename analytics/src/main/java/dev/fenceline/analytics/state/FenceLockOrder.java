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
    private final StreamLedger ledger;
    private final Fences fences;
    private final Threads threads;
    private final Schedulers schedulers;
    private final LockPairs pairs = new LockPairs();
    private final LockPairs classPairs = new LockPairs();
    private final List<String> classes = new ArrayList<>();

    FenceLockOrder(StreamLedger ledger, Fences fences, Threads threads, Schedulers schedulers) {
        this.ledger = ledger;
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
        if (!pairs.lead(lockOf(second), lockOf(first), path)) {
            long firstClass = classOf(first);
            long secondClass = classOf(second);
            if (firstClass != 0 && secondClass != 0 && firstClass != secondClass) {
                classPairs.lead(secondClass, firstClass, path);
            }
        }
        return path;
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

    /** To be called before the thread is said to hold the lock. Of locks from before a loss nobody knows if they are still held. */
    void apply(DmaFenceLock e) {
        ThreadSections thread = threads.thread(e.tid());
        for (int i = 0; thread != null && i < thread.fenceLocks.depth(); i++) {
            long first = thread.fenceLocks.subject(i);
            if (thread.fenceLocks.seq(i) <= ledger.lossSeq()) {
                continue;
            }
            pairs.add(lockOf(first), lockOf(e.fence()), e.seq());
            nameClass(first);
            nameClass(e.fence());
            long firstClass = classOf(first);
            long secondClass = classOf(e.fence());
            if (firstClass != 0 && secondClass != 0) {
                classPairs.add(firstClass, secondClass, e.seq());
            }
        }
    }

    private void nameClass(long id) {
        Fence fence = fences.fence(id);
        if (fence != null && fence.kind != FenceKind.UNKNOWN && !classes.contains(className(fence))) {
            classes.add(className(fence));
        }
    }

    /** The fence is gone, and its lock with it; what the classes tell stays. */
    void forget(long fence) {
        pairs.forget(fence);
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        pairs.write(out);
        classPairs.write(out);
        out.number(classes.size());
        for (String each : classes) {
            out.text(each);
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        pairs.read(in);
        classPairs.read(in);
        int named = in.count();
        for (int i = 0; i < named; i++) {
            String each = in.text();
            classes.add(each == null ? "" : each);
        }
    }
}
