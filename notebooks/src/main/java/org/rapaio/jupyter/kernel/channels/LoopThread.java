package org.rapaio.jupyter.kernel.channels;

/**
 * Does something again and again, with a pause between, until it is told to stop: the Java kernel reads each of its sockets so.
 *
 * <p>Ours, in the place of the kernel's own class of this name: it comes first on the kernel's class path. The kernel's own (3.0.1)
 * starts the thread and only then sets the flag that the thread looks at, so a thread that is quick finds that it should stop. Then
 * the kernel never answers, and Jupyter waits for it in vain. To be dropped when the kernel sets its flag first.
 */
public final class LoopThread extends Thread {
    private final long pauseMillis;
    private final Runnable body;
    private volatile boolean stopped;

    /**
     * A loop that has not begun.
     *
     * @param pauseMillis how long to wait between two rounds, in ms
     */
    public LoopThread(String name, long pauseMillis, Runnable body) {
        super(name);
        this.pauseMillis = pauseMillis;
        this.body = body;
    }

    @Override
    public void run() {
        while (!stopped) {
            body.run();
            try {
                sleep(pauseMillis);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Lets the round that is under way be the last. */
    public void shutdown() {
        stopped = true;
    }
}
