package dev.fenceline.simulator.kernel;

import dev.fenceline.event.LockBlock;
import dev.fenceline.event.LockMode;
import dev.fenceline.event.ResvLock;
import dev.fenceline.event.ResvUnlock;

/**
 * The lock of a {@code dma_resv}: a wait-die mutex, as {@code reservation_ww_class} is.
 *
 * <p>A task that locks several reservations holds a ticket. Who would wait for a holder with an older ticket gets -EDEADLK instead,
 * must drop all it holds, and comes back through the slow path.
 */
public final class WwMutex extends SleepingLock {
    /** The errno of a younger ticket that must back off. */
    public static final int EDEADLK = -35;

    private static final int EBUSY = -16;
    private static final int EALREADY = -114;

    private long ownerTicket;

    /** A free lock of the reservation recorded as {@code resv}. */
    public WwMutex(Kernel kernel, long resv) {
        super(kernel, resv);
    }

    /** Takes the lock without a ticket: true if it was free, false if {@code task} now sleeps until it gets it. */
    public boolean acquire(Task task) {
        task.setTicket(0, false);
        return take(task, false);
    }

    /**
     * Takes the lock as one of several under {@code ticket}; smaller tickets are older.
     *
     * @return true if the task goes on and must look whether it holds the lock or has to back off, false if it sleeps
     */
    public boolean acquire(Task task, long ticket) {
        task.setTicket(ticket, false);
        if (owner() == task) {
            kernel().emit(ResvLock.builder().resv(id()).acquire(ticket).result(EALREADY));
            return true;
        }
        if (owner() != null && ownerTicket != 0 && ownerTicket < ticket) {
            recordBackOff(ticket);
            return true;
        }
        return take(task, false);
    }

    /** Takes the lock a ticket backed off from, holding no other: always waits. */
    public boolean acquireSlow(Task task, long ticket) {
        task.setTicket(ticket, true);
        return take(task, false);
    }

    /** Takes the lock only if that needs no sleep. */
    public boolean tryAcquire(Task task) {
        task.setTicket(0, false);
        if (tryTake(task, false)) {
            return true;
        }
        kernel().emit(ResvLock.builder().resv(id()).tryValue(true).result(EBUSY));
        return false;
    }

    @Override
    void recordAcquired(Task task, boolean shared, boolean tried) {
        ownerTicket = task.ticket();
        ResvLock.Builder event = ResvLock.builder().resv(id()).result(0);
        if (tried) {
            event.tryValue(true);
        }
        if (ownerTicket != 0) {
            event.acquire(ownerTicket);
        }
        if (task.onSlowPath()) {
            event.slow(true);
        }
        kernel().emit(event);
    }

    @Override
    boolean mustLeaveLine(Task waiter) {
        return ownerTicket != 0 && waiter.ticket() > ownerTicket && !waiter.onSlowPath();
    }

    @Override
    void recordLeftLine(Task waiter) {
        recordBackOff(waiter.ticket());
    }

    private void recordBackOff(long ticket) {
        kernel().emit(ResvLock.builder().resv(id()).acquire(ticket).result(EDEADLK));
    }

    @Override
    void recordBlocked(Task task, boolean shared) {
        kernel().emit(LockBlock.builder().lock(id()).mode(LockMode.X));
    }

    @Override
    void recordReleased(Task task, boolean shared) {
        ownerTicket = 0;
        kernel().emit(ResvUnlock.builder().resv(id()));
    }

    @Override
    String heldAs(boolean shared) {
        return "RESV X";
    }

    @Override
    public String label() {
        return "dma_resv " + id();
    }
}
