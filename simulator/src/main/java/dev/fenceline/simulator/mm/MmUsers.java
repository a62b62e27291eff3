package dev.fenceline.simulator.mm;

import dev.fenceline.simulator.kernel.Task;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The tasks besides those of the process that hold {@code mm_users}. */
final class MmUsers implements Waits {
    private final List<Task> tasks = new ArrayList<>(1);
    private final WaitList waiters = new WaitList(this);

    void add(Task task) {
        tasks.add(task);
    }

    void remove(Task task) {
        tasks.remove(task);
        if (tasks.isEmpty()) {
            waiters.wakeAll();
        }
    }

    boolean isEmpty() {
        return tasks.isEmpty();
    }

    WaitList waiters() {
        return waiters;
    }

    @Override
    public String label() {
        return "users of an mm";
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        tasks.forEach(visitor);
    }
}
