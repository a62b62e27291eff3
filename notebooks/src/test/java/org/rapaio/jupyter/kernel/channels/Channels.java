package org.rapaio.jupyter.kernel.channels;

/** Starts a loop as the kernel's class of this name does: before it is ready for what the loop reads. */
final class Channels {
    private volatile boolean ready;

    boolean ready() {
        return ready;
    }

    void connect(LoopThread loop) {
        loop.start();
        // Until it has done, or not done, its first round.
        while (loop.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        ready = true;
    }
}
