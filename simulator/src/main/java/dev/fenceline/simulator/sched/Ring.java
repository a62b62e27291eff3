package dev.fenceline.simulator.sched;

import dev.fenceline.event.FenceKind;
import dev.fenceline.event.HardwareAccess;
import dev.fenceline.event.SignallingEnd;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceProvider;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.unplug.DrmDevice;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A hardware engine that performs jobs one at a time, in order, and interrupts when a job is done.
 *
 * <p>It writes the seqno of each job that is done to memory; whoever looks may find its fence done before the interrupt does.
 */
public final class Ring implements DmaFence.OnDemand {
    /** The removal of a device completes a fence as if the work behind it were done (rule A-U07). */
    public static final Deviation FORCES_WITHOUT_ERROR = new Deviation("removal-completes-fence-without-error");

    private final Kernel kernel;
    private final long id;
    private final DrmDevice drm;
    private final Timeline timeline;
    private final Context engine;
    private final Context interrupt;
    private final ArrayDeque<Job> submitted = new ArrayDeque<>();
    private final ArrayDeque<DmaFence> awaited = new ArrayDeque<>();
    private @Nullable Job running;
    private long resets;
    private boolean dead;

    Ring(Kernel kernel, String name, String driver, String module, DrmDevice drm, int number) {
        this.kernel = kernel;
        this.drm = drm;
        this.id = kernel.newId();
        this.timeline = new Timeline(
                kernel,
                kernel.newFenceContexts(1),
                driver,
                name,
                FenceKind.HARDWARE,
                FenceProvider.releasing(module, drm.id(), id));
        this.engine = new Context(0, 0, 0, name);
        this.interrupt = new Context(kernel.cpuOf(number), 0, 0, "swapper");
    }

    /** The driver's object that its fences refer to. */
    long id() {
        return id;
    }

    DmaFence newFence(Job job) {
        return timeline.next(this, job);
    }

    void submit(Job job) {
        drm.touch(HardwareAccess.DOORBELL);
        if (dead) {
            return;
        }
        submitted.add(job);
        if (running == null) {
            beginNext();
        }
    }

    /** xe_hw_fence.c:xe_hw_fence_enable_signaling: from now on the interrupt looks after the fence. */
    @Override
    public void enabled(DmaFence fence) {
        awaited.add(fence.get());
    }

    @Override
    public boolean isDone(DmaFence fence) {
        return fence.completer() instanceof Job job && job.isDoneOnRing(fence);
    }

    @Nullable DmaFence running() {
        return running == null ? null : running.hardware();
    }

    @Nullable Job runningJob() {
        return running;
    }

    private void beginNext() {
        running = submitted.poll();
        if (running != null) {
            long epoch = resets;
            kernel.agenda().after(kernel.costs().engineStartNs(), () -> begin(epoch));
        }
    }

    private void begin(long epoch) {
        if (epoch != resets) {
            return;
        }
        Job job = current();
        kernel.enter(engine);
        job.work().begin(job);
        long durationNs = job.work().durationNs();
        if (durationNs != Work.NEVER) {
            kernel.agenda().after(kernel.chance().around(durationNs), () -> finish(epoch));
        }
    }

    private void finish(long epoch) {
        if (epoch != resets) {
            return;
        }
        Job job = current();
        kernel.enter(engine);
        job.work().finish(job);
        job.setDoneOnRing();
        kernel.agenda().after(kernel.costs().interruptNs(), this::interrupted);
        beginNext();
    }

    private void interrupted() {
        if (dead) {
            return;
        }
        kernel.enter(interrupt);
        drm.touch(HardwareAccess.MMIO);
        DmaFence first = awaited.peek();
        if (first != null) {
            first.beginSignalling();
            poll();
            kernel.emit(SignallingEnd.builder());
        }
    }

    /** xe_hw_fence.c:xe_hw_fence_irq_run: signals what is done. */
    void poll() {
        for (DmaFence first = awaited.peek(); first != null && first.test(); first = awaited.peek()) {
            awaited.remove();
            first.put();
        }
    }

    /** The engine stops for good: it takes nothing more, and no interrupt of it comes. */
    void die() {
        dead = true;
        reset();
    }

    /** amdgpu_fence.c:amdgpu_fence_driver_force_completion for one job: what the engine did not do fails. */
    void force(Job job, int error) {
        DmaFence fence = job.hardware();
        if (isDone(fence) && fence.test()) {
            forget(fence);
            return;
        }
        if (!kernel.deviates(FORCES_WITHOUT_ERROR)) {
            fence.setError(error);
        }
        job.setDoneOnRing();
        fence.signal();
        forget(fence);
    }

    /** The engine stops where it is and forgets what was submitted to it. */
    void reset() {
        resets++;
        running = null;
        submitted.clear();
    }

    /** The driver writes the seqno of a job that will not be done, so that its fence completes. */
    void complete(Job job) {
        job.setDoneOnRing();
        poll();
    }

    /** A fence that will never be done is no longer looked after. */
    void forget(DmaFence fence) {
        if (awaited.remove(fence)) {
            fence.put();
        }
    }

    private Job current() {
        if (running == null) {
            throw new IllegalStateException("the ring is idle");
        }
        return running;
    }
}
