package dev.fenceline.simulator.kernel;

import dev.fenceline.event.LockAcquire;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.LockMode;
import dev.fenceline.event.LockRelease;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@code lockdep_map} that stands for a section and excludes nobody, such as {@code fs_reclaim}: many tasks are in it at once.
 *
 * <p>Its order relative to real locks is what {@code dma_resv_lockdep} primes.
 */
public final class LockMap implements Census.Member {
    private final Kernel kernel;
    private final LockClass lockClass;
    private final long id;
    private final List<Task> inside = new ArrayList<>(2);

    LockMap(Kernel kernel, LockClass lockClass) {
        this.kernel = kernel;
        this.lockClass = lockClass;
        this.id = kernel.newId();
    }

    /** {@code task}, which runs, enters the section; it must not be in it. */
    public void enter(Task task) {
        if (inside.contains(task)) {
            throw new IllegalStateException(task.label() + " is in " + lockClass + " already");
        }
        if (inside.isEmpty()) {
            kernel.enrol(this);
        }
        inside.add(task);
        kernel.emit(LockAcquire.builder().lockClass(lockClass).lock(id).mode(LockMode.X));
    }

    /** {@code task} leaves the section. */
    public void leave(Task task) {
        if (!inside.remove(task)) {
            throw new IllegalStateException(task.label() + " is not in " + lockClass);
        }
        if (inside.isEmpty()) {
            kernel.strike(this);
        }
        kernel.emit(LockRelease.builder().lockClass(lockClass).lock(id).mode(LockMode.X));
    }

    /** Whether {@code task} is in the section. */
    public boolean holds(Task task) {
        return inside.contains(task);
    }

    @Override
    public void tell(Facts facts) {
        for (Task task : inside) {
            facts.of("held", task.tid() + "/" + id).with("by", lockClass + " " + LockMode.X);
        }
    }
}
