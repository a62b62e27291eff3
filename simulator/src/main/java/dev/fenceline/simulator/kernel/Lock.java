package dev.fenceline.simulator.kernel;

import dev.fenceline.event.LockAcquire;
import dev.fenceline.event.LockBlock;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.LockMode;
import dev.fenceline.event.LockRelease;
import java.util.Locale;

/** A mutex or rw_semaphore of the kernel. */
public final class Lock extends SleepingLock {
    /** How a lock is taken: for reading, for writing, or as a mutex. */
    public enum Mode {
        R(LockMode.R),
        W(LockMode.W),
        X(LockMode.X);

        private final LockMode recorded;

        Mode(LockMode recorded) {
            this.recorded = recorded;
        }
    }

    private final LockClass lockClass;
    private final Mode exclusive;

    private Lock(Kernel kernel, LockClass lockClass, Mode exclusive) {
        super(kernel, kernel.newId());
        this.lockClass = lockClass;
        this.exclusive = exclusive;
    }

    /** A mutex of the given class. */
    public static Lock mutex(Kernel kernel, LockClass lockClass) {
        return new Lock(kernel, lockClass, Mode.X);
    }

    /** A reader-writer semaphore of the given class. */
    public static Lock rwsem(Kernel kernel, LockClass lockClass) {
        return new Lock(kernel, lockClass, Mode.W);
    }

    /** Takes the lock: true if it was free, false if {@code task} now sleeps until it gets it. */
    public boolean acquire(Task task, Mode mode) {
        return take(task, isShared(mode));
    }

    /** Takes the lock only if that needs no sleep. */
    public boolean tryAcquire(Task task, Mode mode) {
        return tryTake(task, isShared(mode));
    }

    /** A mutex has no readers: who only wants to read takes it alone. */
    private boolean isShared(Mode mode) {
        return mode == Mode.R && exclusive == Mode.W;
    }

    @Override
    void recordAcquired(Task task, boolean shared, boolean tried) {
        LockAcquire.Builder event =
                LockAcquire.builder().lockClass(lockClass).lock(id()).mode(mode(shared));
        kernel().emit(tried ? event.tryValue(true) : event);
    }

    @Override
    void recordBlocked(Task task, boolean shared) {
        kernel().emit(LockBlock.builder().lockClass(lockClass).lock(id()).mode(mode(shared)));
    }

    @Override
    void recordReleased(Task task, boolean shared) {
        kernel().emit(LockRelease.builder().lockClass(lockClass).lock(id()).mode(mode(shared)));
    }

    private LockMode mode(boolean shared) {
        return shared ? Mode.R.recorded : exclusive.recorded;
    }

    @Override
    String heldAs(boolean shared) {
        return lockClass + " " + mode(shared);
    }

    @Override
    public String label() {
        return lockClass.name().toLowerCase(Locale.ROOT) + " " + id();
    }
}
