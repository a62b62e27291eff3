package dev.fenceline.simulator.kernel;

import java.util.ArrayDeque;

/** {@code alloc_ordered_workqueue}: one work after the other, on one worker, in the order in which they were queued. */
public final class OrderedWorkqueue {
    private final Kernel kernel;
    private final Task worker;
    private final ArrayDeque<Call> waiting = new ArrayDeque<>(2);

    /** A queue whose worker is called {@code name}. */
    public OrderedWorkqueue(Kernel kernel, String name) {
        this.kernel = kernel;
        int tid = kernel.newTid();
        this.worker = kernel.newTask(tid, tid, name, task -> startNext());
    }

    /** The thread that does all the work. */
    public Task worker() {
        return worker;
    }

    /** {@code queue_work}: {@code work} begins soon after what was queued before. */
    public void queue(Call work) {
        waiting.add(work);
        if (worker.isIdle()) {
            startNext();
        }
    }

    private void startNext() {
        Call work = waiting.poll();
        if (work != null) {
            worker.start(work, kernel.costs().workerNs());
        }
    }
}
