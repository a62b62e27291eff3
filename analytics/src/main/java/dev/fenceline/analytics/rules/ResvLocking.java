package dev.fenceline.analytics.rules;

import dev.fenceline.event.ResvLock;

/** What taking the lock of a reservation may come to. */
public final class ResvLocking {
    private static final long EALREADY = -114;

    private ResvLocking() {}

    /** Whether the thread may sleep for it: not if it only tries, nor if the ticket holds it, which is found out before. */
    public static boolean maySleep(ResvLock lock) {
        return !lock.tryValue() && !(lock.hasResult() && lock.result() == EALREADY);
    }
}
