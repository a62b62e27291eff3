package org.rapaio.jupyter.kernel.channels;

/**
 * Does something again and again, with a pause between, until it is told to stop: the Java kernel reads each of its sockets so.
 *
 * <p>Ours, in the place of the kernel's own class of this name: it comes first on the kernel's class path. Two things of the kernel's
 * own (3.0.1) make it deaf from the start, now and then, so that Jupyter waits for it in vain. It starts the thread and only then
 * sets the flag that the thread looks at: a quick thread finds that it should stop. And {@code Channels.connect} starts the threads
 * before it knows what to do with messages: one that comes at once is lost, or ends the thread that read it. To be dropped when the
 * kernel does both in the other order.
 */
public final class LoopThread extends Thread {
    private final long pauseMillis;
    private final Runnable body;
    private final Thread creator = Thread.currentThread();
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
        boolean connected = false;
        while (!stopped) {
            connected = connected || !isConnecting(creator);
            if (connected) {
                body.run();
            }
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

    private static boolean isConnecting(Thread thread) {
        for (StackTraceElement frame : thread.getStackTrace()) {
            if (frame.getMethodName().equals("connect") && frame.getClassName().endsWith(".Channels")) {
                return true;
            }
        }
        return false;
    }
}
