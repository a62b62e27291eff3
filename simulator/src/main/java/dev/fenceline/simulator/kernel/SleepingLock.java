package dev.fenceline.simulator.kernel;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A lock whose takers sleep, first come first served: shared by readers or held by one task alone.
 *
 * <p>The one who gives the lock back hands it to the next in line at once, so the recording never shows it free while somebody waits.
 */
public abstract class SleepingLock implements Census.Member, Waits {
    private final Kernel kernel;
    private final long id;
    private @Nullable Task owner;
    private final List<Task> readers = new ArrayList<>(2);
    private final ArrayDeque<Taker> line = new ArrayDeque<>(2);

    private record Taker(Task task, boolean shared) {}

    SleepingLock(Kernel kernel, long id) {
        this.kernel = kernel;
        this.id = id;
    }

    /** The id under which the lock is recorded. */
    public final long id() {
        return id;
    }

    /** The kernel it exists in. */
    protected final Kernel kernel() {
        return kernel;
    }

    /** The task that holds the lock alone, or null. */
    public final @Nullable Task owner() {
        return owner;
    }

    /** Whether {@code task} holds the lock, alone or with other readers. */
    public final boolean isHeldBy(Task task) {
        return owner == task || readers.contains(task);
    }

    /** Records that {@code task}, which is running or was just handed the lock, has it. */
    abstract void recordAcquired(Task task, boolean shared, boolean tried);

    /** Records that {@code task} starts to sleep for the lock. */
    abstract void recordBlocked(Task task, boolean shared);

    /** Records that {@code task} gave the lock back. */
    abstract void recordReleased(Task task, boolean shared);

    /** Whether a task in line has to give up its place now that the lock has a new owner. */
    boolean mustLeaveLine(Task waiter) {
        return false;
    }

    /** Records that {@code waiter} gave up its place in line. */
    void recordLeftLine(Task waiter) {}

    /** Takes the lock: true if it was free, false if {@code task} now sleeps until it gets it. */
    final boolean take(Task task, boolean shared) {
        checkNotHeld(task);
        if (isFree(shared)) {
            grant(task, shared);
            recordAcquired(task, shared, false);
            return true;
        }
        recordBlocked(task, shared);
        line.add(new Taker(task, shared));
        task.blockOn(this);
        return false;
    }

    /** Takes the lock if nobody has it or stands in line. */
    final boolean tryTake(Task task, boolean shared) {
        if (isHeldBy(task) || !isFree(shared)) {
            return false;
        }
        grant(task, shared);
        recordAcquired(task, shared, true);
        return true;
    }

    /** Gives the lock back and hands it to the next in line. */
    public final void release(Task task) {
        boolean shared = owner != task;
        if (shared && !readers.remove(task)) {
            throw new IllegalStateException(task.label() + " does not hold " + label());
        }
        if (!shared) {
            owner = null;
        }
        if (isUnheld()) {
            kernel.strike(this);
        }
        recordReleased(task, shared);
        handOn();
        dismissFromLine();
    }

    /** {@code downgrade_write}: who holds the lock alone shares it from now on with the readers next in line. */
    public final void downgrade(Task task) {
        if (owner != task) {
            throw new IllegalStateException(task.label() + " does not hold " + label() + " alone");
        }
        owner = null;
        readers.add(task);
        recordReleased(task, false);
        recordAcquired(task, true, false);
        handOn();
    }

    private void handOn() {
        for (Taker first = line.peek(); first != null && fits(first.shared()); first = line.peek()) {
            line.remove();
            grant(first.task(), first.shared());
            Context releaser = kernel.current();
            kernel.enter(first.task());
            recordAcquired(first.task(), first.shared(), false);
            kernel.enter(releaser);
            first.task().wake();
        }
    }

    private void dismissFromLine() {
        for (Iterator<Taker> waiting = line.iterator(); waiting.hasNext(); ) {
            Task waiter = waiting.next().task();
            if (mustLeaveLine(waiter)) {
                waiting.remove();
                Context releaser = kernel.current();
                kernel.enter(waiter);
                recordLeftLine(waiter);
                kernel.enter(releaser);
                waiter.wake();
            }
        }
    }

    private boolean isFree(boolean shared) {
        return line.isEmpty() && fits(shared);
    }

    private boolean isUnheld() {
        return owner == null && readers.isEmpty();
    }

    private boolean fits(boolean shared) {
        return owner == null && (shared || readers.isEmpty());
    }

    private void grant(Task task, boolean shared) {
        if (isUnheld()) {
            kernel.enrol(this);
        }
        if (shared) {
            readers.add(task);
        } else {
            owner = task;
        }
    }

    private void checkNotHeld(Task task) {
        if (isHeldBy(task)) {
            throw new IllegalStateException(task.label() + " already holds " + label());
        }
    }

    /** Tells who holds the lock, as long as somebody does. */
    @Override
    public final void tell(Facts facts) {
        if (owner != null) {
            facts.of("held", owner.tid() + "/" + id).with("by", heldAs(false));
        }
        for (Task reader : readers) {
            facts.of("held", reader.tid() + "/" + id).with("by", heldAs(true));
        }
    }

    /** The lock's class and the mode in which it is held. */
    abstract String heldAs(boolean shared);

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        if (owner != null) {
            visitor.accept(owner);
        }
        readers.forEach(visitor);
    }
}
