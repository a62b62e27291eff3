package dev.fenceline.simulator.kernel;

import java.util.ArrayList;
import java.util.List;

/** A {@code wait_queue_head}: tasks that sleep until something they test comes true. */
public final class WaitList {
    private final Waits cause;
    private List<Task> sleepers = new ArrayList<>(2);

    /** Its sleepers wait for {@code cause}. */
    public WaitList(Waits cause) {
        this.cause = cause;
    }

    void add(Task task) {
        sleepers.add(task);
    }

    /** {@code finish_wait}: the task waits no longer; false if it was woken meanwhile. */
    boolean remove(Task task) {
        return sleepers.remove(task);
    }

    /** Wakes everybody to test again, in the order in which they went to sleep. */
    public void wakeAll() {
        if (sleepers.isEmpty()) {
            return;
        }
        List<Task> woken = sleepers;
        sleepers = new ArrayList<>(2);
        for (Task task : woken) {
            task.wake();
        }
    }

    /** Whether nobody sleeps here. */
    public boolean isEmpty() {
        return sleepers.isEmpty();
    }

    /** What its sleepers wait for. */
    Waits cause() {
        return cause;
    }
}
