package dev.fenceline.simulator.kernel;

import org.jspecify.annotations.Nullable;

/**
 * One activation of a kernel function that may sleep: its arguments and locals are the fields, its body is a {@link Path}.
 *
 * <p>Threads of the model are stacks of such calls, so where a task stands is plain data and no thread of the JVM is involved.
 */
public abstract class Call {
    int next;

    @Nullable Call caller;

    private @Nullable Task task;

    /** The body; one constant per class. */
    protected abstract Path<?> path();

    /** The task that runs this call. */
    protected final Task task() {
        if (task == null) {
            throw new IllegalStateException(path().name() + " is not running");
        }
        return task;
    }

    /** The kernel it runs in. */
    protected final Kernel kernel() {
        return task().kernel();
    }

    final void enter(Task by, @Nullable Call from) {
        if (task != null) {
            throw new IllegalStateException(path().name() + " was called twice");
        }
        task = by;
        caller = from;
    }
}
