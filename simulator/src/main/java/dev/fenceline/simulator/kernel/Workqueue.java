package dev.fenceline.simulator.kernel;

import java.util.ArrayDeque;

/** A kernel workqueue: work runs on idle kworkers, and on a new one if all are busy. */
public final class Workqueue {
    private final Kernel kernel;
    private final String name;
    private final ArrayDeque<Task> idle = new ArrayDeque<>();

    /** A queue whose workers are called {@code name}. */
    public Workqueue(Kernel kernel, String name) {
        this.kernel = kernel;
        this.name = name;
    }

    /** {@code queue_work}: {@code work} begins soon, in a thread of its own. */
    public void queue(Call work) {
        Task worker = idle.poll();
        if (worker == null) {
            int tid = kernel.newTid();
            worker = kernel.newTask(tid, tid, name, idle::add);
        }
        worker.start(work, kernel.costs().workerNs());
    }
}
