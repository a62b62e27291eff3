package dev.fenceline.simulator.dmabuf;

import dev.fenceline.event.DmaBufPollCallback;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceCallback;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import dev.fenceline.simulator.kernel.Workqueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@code dma_buf_poll_cb_t}: one for readers and one for writers lies in each dma-buf, and waits on one fence at a time. */
final class PollCallback implements Waits {
    private final DmaBuf dmabuf;
    private final String events;
    private final FenceCallback callback;
    private final WaitList pollers = new WaitList(this);
    private final Workqueue delayedFput;
    private @Nullable DmaFence fence;
    private boolean ownsFile;

    PollCallback(Kernel kernel, DmaBuf dmabuf, String events) {
        this.dmabuf = dmabuf;
        this.events = events;
        this.callback = new FenceCallback(kernel, this::called);
        this.delayedFput = new Workqueue(kernel, "kworker/fput");
    }

    /** {@code active}. */
    boolean isQueued() {
        return fence != null;
    }

    /** The fence it waits on; null if it does not wait. */
    @Nullable DmaFence fence() {
        return fence;
    }

    String events() {
        return events;
    }

    /** {@code poll_wait}: where those sleep who poll. */
    WaitList pollers() {
        return pollers;
    }

    /**
     * {@code dma_buf_poll_add_cb}: called when {@code pending} signals.
     *
     * @param keepsFile whether it keeps the file until then
     * @return false if it has signalled
     */
    boolean queue(DmaFence pending, boolean keepsFile) {
        if (!pending.addCallback(callback)) {
            return false;
        }
        fence = pending.get();
        ownsFile = keepsFile;
        return true;
    }

    /** {@code dma_buf_poll_cb}, under the lock of the fence: the last reference to the file must not be put here. */
    private void called() {
        DmaFence signaled = fence;
        if (signaled == null) {
            throw new IllegalStateException("the callback of " + label() + " is not queued");
        }
        fence = null;
        dmabuf.kernel()
                .emit(DmaBufPollCallback.builder()
                        .dmabuf(dmabuf.id())
                        .events(events)
                        .fence(signaled.id()));
        pollers.wakeAll();
        boolean owned = ownsFile;
        delayedFput.queue(new Inline(() -> {
            signaled.put();
            if (owned) {
                dmabuf.fput();
            }
        }));
    }

    /** The dma-buf it lies in is gone. */
    void free() {
        callback.free();
    }

    @Override
    public String label() {
        return "poll of dma-buf " + dmabuf.id() + " for " + events;
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        if (fence != null) {
            visitor.accept(fence);
        }
    }
}
