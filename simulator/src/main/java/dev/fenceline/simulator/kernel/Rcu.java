package dev.fenceline.simulator.kernel;

import dev.fenceline.event.RcuGracePeriod;
import dev.fenceline.event.RcuReadLock;
import dev.fenceline.event.RcuReadUnlock;
import java.util.ArrayList;
import java.util.List;

/**
 * Read-copy-update. Readers of the model never sleep inside a section, so a grace period is over when its time is; what was asked for
 * while one is running waits for the next.
 */
public final class Rcu {
    /** A grace period of a busy machine, in ns: a few jiffies. Ours. */
    private static final long GRACE_NS = 4_000_000;

    private static final int THREAD = 16;

    private final Kernel kernel;
    private final Context thread;
    private List<Runnable> ending = new ArrayList<>();
    private List<Runnable> next = new ArrayList<>();
    private boolean running;

    Rcu(Kernel kernel) {
        this.kernel = kernel;
        this.thread = new Context(kernel.cpuOf(THREAD), THREAD, THREAD, "rcu_preempt");
    }

    /** {@code rcu_read_lock}. */
    public void readLock() {
        kernel.emit(RcuReadLock.builder());
    }

    /** {@code rcu_read_unlock}. */
    public void readUnlock() {
        kernel.emit(RcuReadUnlock.builder());
    }

    /** {@code call_rcu}: {@code callback} runs after a grace period that begins now or later. */
    public void call(Runnable callback) {
        next.add(callback);
        if (!running) {
            begin();
        }
    }

    private void begin() {
        running = true;
        List<Runnable> empty = ending;
        ending = next;
        next = empty;
        kernel.agenda().after(GRACE_NS, this::end);
    }

    private void end() {
        kernel.enter(thread);
        kernel.emit(RcuGracePeriod.builder());
        running = false;
        // Callbacks may ask for more.
        List<Runnable> ended = ending;
        ending = new ArrayList<>();
        if (!next.isEmpty()) {
            begin();
        }
        ended.forEach(Runnable::run);
    }
}
