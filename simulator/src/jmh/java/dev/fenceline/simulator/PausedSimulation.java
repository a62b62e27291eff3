package dev.fenceline.simulator;

import dev.fenceline.event.Event;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/**
 * A simulation that runs on a thread of its own and stands still between calls, so that what it does when it has grown can be measured
 * without how it got there. Handing over takes some microseconds each time.
 */
public final class PausedSimulation implements AutoCloseable {
    private final Semaphore go = new Semaphore(0);
    private final Semaphore done = new Semaphore(0);
    private final Consumer<? super Event> sink;
    private final Thread thread;
    private long seen;
    private long goal;

    /** {@code simulation}, which has not begun and must not end by itself; its events go to {@code sink}. */
    public PausedSimulation(Simulation simulation, Consumer<? super Event> sink) {
        this.sink = sink;
        this.thread = new Thread(() -> {
            go.acquireUninterruptibly();
            simulation.run(this::take);
        });
        thread.setDaemon(true);
        thread.start();
    }

    private void take(Event event) {
        if (!thread.isInterrupted()) {
            sink.accept(event);
        }
        if (++seen == goal) {
            done.release();
            go.acquireUninterruptibly();
        }
    }

    /** Lets {@code events} more events happen. */
    public void advance(long events) {
        goal = seen + events;
        go.release();
        done.acquireUninterruptibly();
    }

    /** Abandons the simulation where it stands. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
