package dev.fenceline.simulator.sched;

import dev.fenceline.event.FenceKind;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Kernel;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A hardware engine that performs jobs one at a time, in order, and interrupts when a job is done. */
public final class Ring {
    private final Kernel kernel;
    private final Timeline timeline;
    private final Context engine;
    private final Context interrupt;
    private final ArrayDeque<Job> submitted = new ArrayDeque<>();
    private @Nullable Job running;

    Ring(Kernel kernel, String name, String driver, int number) {
        this.kernel = kernel;
        this.timeline = new Timeline(kernel, kernel.newFenceContexts(1), driver, name, FenceKind.HARDWARE);
        this.engine = new Context(0, 0, 0, name);
        this.interrupt = new Context(kernel.cpuOf(number), 0, 0, "swapper");
    }

    DmaFence newFence(Job job) {
        return timeline.next(null, job);
    }

    void submit(Job job) {
        submitted.add(job);
        if (running == null) {
            beginNext();
        }
    }

    @Nullable DmaFence running() {
        return running == null ? null : running.hardware();
    }

    private void beginNext() {
        running = submitted.poll();
        if (running != null) {
            kernel.agenda().after(kernel.costs().engineStartNs(), this::begin);
        }
    }

    private void begin() {
        Job job = current();
        kernel.enter(engine);
        job.work().begin(job);
        kernel.agenda().after(kernel.chance().around(job.work().durationNs()), this::finish);
    }

    private void finish() {
        Job job = current();
        kernel.enter(engine);
        job.work().finish(job);
        kernel.agenda().after(kernel.costs().interruptNs(), () -> {
            kernel.enter(interrupt);
            job.hardware().signal();
        });
        beginNext();
    }

    private Job current() {
        if (running == null) {
            throw new IllegalStateException("the ring is idle");
        }
        return running;
    }
}
