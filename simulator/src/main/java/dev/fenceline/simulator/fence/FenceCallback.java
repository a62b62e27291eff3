package dev.fenceline.simulator.fence;

import dev.fenceline.event.MemFree;
import dev.fenceline.simulator.kernel.Kernel;
import org.jspecify.annotations.Nullable;

/** A {@code dma_fence_cb}: a node that waits on one fence at a time and is called, under the lock of the fence, when that signals. */
public final class FenceCallback {
    private final Kernel kernel;
    private final long id;
    private final Runnable function;

    @Nullable DmaFence queuedOn;

    /** A node that is not queued. */
    public FenceCallback(Kernel kernel, Runnable function) {
        this.kernel = kernel;
        this.id = kernel.newId();
        this.function = function;
    }

    long id() {
        return id;
    }

    void call() {
        function.run();
    }

    /** Whether it waits on a fence. */
    public boolean isQueued() {
        return queuedOn != null;
    }

    /** {@code dma_fence_remove_callback}: true if it was queued; it is not called any more. */
    public boolean remove() {
        DmaFence fence = queuedOn;
        return fence != null && fence.removeCallback(this);
    }

    /** The memory it lies in is given back. */
    public void free() {
        kernel.emit(MemFree.builder().object(id));
    }
}
