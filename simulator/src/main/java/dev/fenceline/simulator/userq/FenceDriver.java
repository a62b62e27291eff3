package dev.fenceline.simulator.userq;

import dev.fenceline.event.DriverMemoryFree;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.Seq64Alloc;
import dev.fenceline.event.Seq64Free;
import dev.fenceline.event.Seq64Write;
import dev.fenceline.event.SlotWriter;
import dev.fenceline.simulator.drm.Client;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceProvider;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Waits;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;

/**
 * A {@code amdgpu_userq_fence_driver}: the word of memory that a protected packet writes when the queue has got so far, and the fences
 * that are done when it has reached their seqno. Fences and other queues that wait for the word keep it after its queue.
 */
public final class FenceDriver implements DmaFence.Ops, Waits {
    /** The word is mapped writable, and the program writes it itself (rule A-Q07). */
    public static final Deviation WRITTEN_BY_USER = new Deviation("fence-value-written-by-userspace");

    /** A packet writes an old value over a new one (rule A-Q07). */
    public static final Deviation GOES_BACK = new Deviation("fence-value-goes-back");

    /** Fences that are forced to completion signal without an error (rule A-Q09). */
    public static final Deviation FORCES_SILENTLY = new Deviation("forced-fence-signals-without-error");

    /** Of the fences that are forced to completion only the last gets an error (rule A-Q09), as in 7.3. */
    public static final Deviation MARKS_LAST = new Deviation("forced-completion-marks-last-fence-only");

    private static final int ETIME = -62;
    private static final int ECANCELED = -125;

    private final Kernel kernel;
    private final Device device;
    private final long id;
    private final long slot;
    private final long queue;
    private final Timeline timeline;
    private final Timeline promises;
    private final ArrayDeque<DmaFence> fences = new ArrayDeque<>(2);
    private final ArrayDeque<DmaFence> promised = new ArrayDeque<>(0);
    private long value;
    private int refs = 1;

    /** {@code amdgpu_userq_fence_driver_alloc} for the queue {@code queue} of {@code client}. */
    FenceDriver(Kernel kernel, Client client, long queue) {
        this.kernel = kernel;
        this.device = client.device();
        this.id = kernel.newId();
        this.slot = kernel.newId();
        this.queue = queue;
        this.timeline = new Timeline(
                kernel,
                kernel.newFenceContexts(1),
                "amdgpu_userq_fence",
                client.owner().name(),
                FenceKind.USERQ,
                FenceProvider.releasing(device.variant().driver(), device.id(), id));
        this.promises = new Timeline(
                kernel,
                kernel.newFenceContexts(1),
                "amdgpu_userq_fence",
                client.owner().name(),
                FenceKind.FUTURE,
                FenceProvider.releasing(device.variant().driver(), device.id(), id));
        kernel.emit(Seq64Alloc.builder().slot(slot).queue(queue).value(0));
    }

    /** The device whose queue writes the word. */
    Device device() {
        return device;
    }

    /** Whether the word says that the work up to {@code wptr} is done. */
    boolean hasReached(long wptr) {
        return Long.compareUnsigned(value, wptr) >= 0;
    }

    /** The fences that the kernel has not signalled yet, the oldest first. */
    List<DmaFence> pending() {
        return fences.stream().filter(fence -> !fence.isSignaled()).toList();
    }

    /** {@code amdgpu_userq_fence_create}: done at once if the hardware is there already. The reference is the caller's. */
    DmaFence create(long wptr) {
        DmaFence fence = timeline.at(wptr, this, this);
        get();
        if (hasReached(wptr)) {
            fence.signal();
        } else {
            fences.add(fence.get());
        }
        return fence;
    }

    /**
     * A fence for work that the program has yet to write, as thread 003 has it ("next serial, please"). The reference is the caller's.
     *
     * @param timeoutNs after how long it fails, in ns; {@link Long#MAX_VALUE} if the program has all the time there is
     */
    DmaFence promise(long serial, long timeoutNs) {
        DmaFence fence = promises.at(serial, this, null);
        get();
        promised.add(fence.get());
        if (timeoutNs < Long.MAX_VALUE) {
            kernel.agenda().after(timeoutNs, () -> timeOut(fence));
        }
        return fence;
    }

    private void timeOut(DmaFence fence) {
        if (!fence.isSignaled()) {
            kernel.enter(device.interrupt());
            fence.setError(ETIME);
            fence.signalFromInterrupt();
        }
    }

    /**
     * The word is written by the packet behind the work.
     *
     * @param before the value that the packet before it wrote
     * @param goesOn whether more packets follow
     */
    void writeByHardware(long wptr, long before, boolean goesOn) {
        write(kernel.deviates(WRITTEN_BY_USER) ? SlotWriter.USER : SlotWriter.HW_PROTECTED, wptr);
        if (goesOn && !pending().isEmpty() && kernel.deviates(GOES_BACK)) {
            write(SlotWriter.HW_PROTECTED, before);
        }
    }

    private void write(SlotWriter by, long wptr) {
        value = wptr;
        kernel.emit(Seq64Write.builder().slot(slot).queue(queue).by(by).value(wptr));
    }

    /** {@code amdgpu_userq_fence_driver_process}: whether a fence was taken off the list. */
    boolean process() {
        process(promised);
        return process(fences);
    }

    private boolean process(ArrayDeque<DmaFence> list) {
        boolean progress = false;
        for (DmaFence first = list.peek(); first != null && hasReached(first.seqno()); first = list.peek()) {
            list.remove();
            if (!first.isSignaled()) {
                first.signalFromInterrupt();
            }
            first.put();
            progress = true;
        }
        return progress;
    }

    /**
     * {@code amdgpu_userq_fence_driver_force_completion}: what is pending fails. The kernel of 7.3 sets the error on the last fence only;
     * that is a known bug of the catalogue.
     */
    void forceCompletion() {
        DmaFence last = fences.peekLast();
        if (last == null) {
            return;
        }
        boolean silently = kernel.deviates(FORCES_SILENTLY);
        boolean lastOnly = pending().size() > 1 && kernel.deviates(MARKS_LAST);
        for (DmaFence fence : pending()) {
            if (!silently && (!lastOnly || fence == last)) {
                fence.setError(ECANCELED);
            }
        }
        write(SlotWriter.KERNEL, last.seqno());
        process();
    }

    /** Nobody will write the work that was promised. */
    void breakPromises() {
        for (DmaFence fence : promised) {
            if (!fence.isSignaled()) {
                fence.setError(ECANCELED);
                fence.signal();
            }
            fence.put();
        }
        promised.clear();
    }

    /** {@code amdgpu_userq_fence_driver_get}. */
    void get() {
        refs++;
    }

    /** {@code amdgpu_userq_fence_driver_put}. */
    void put() {
        if (--refs == 0) {
            kernel.emit(Seq64Free.builder().slot(slot).queue(queue).value(value));
            kernel.rcu()
                    .call(() -> kernel.emit(DriverMemoryFree.builder()
                            .module(device.variant().driver())
                            .object(id)));
        }
    }

    @Override
    public boolean isDone(DmaFence fence) {
        return hasReached(fence.seqno());
    }

    @Override
    public void release(DmaFence fence) {
        kernel.rcu().call(this::put);
    }

    @Override
    public String label() {
        return "user-mode queue " + queue;
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        // The hardware gets there, or the hang timer ends it.
    }
}
