package dev.fenceline.simulator.fence;

import dev.fenceline.event.DmaFenceWaitEnd;
import dev.fenceline.event.DmaFenceWaitStart;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** dma-fence.c:dma_fence_wait_timeout. */
public final class FenceWait extends Call {
    /** {@code MAX_SCHEDULE_TIMEOUT}: no limit, and what such a wait returns. */
    public static final long NO_LIMIT = Long.MAX_VALUE;

    /** {@code -ERESTARTSYS}: a signal ended the wait. */
    public static final int ERESTARTSYS = -512;

    private static final Path<FenceWait> PATH = Path.<FenceWait>named("dma_fence_wait_timeout")
            .run(FenceWait::start)
            .await(
                    wait -> wait.fence.waiters(),
                    wait -> wait.fence.isSignaled(),
                    wait -> wait.deadlineNs,
                    wait -> wait.interruptible)
            .run(FenceWait::end)
            .end();

    private final DmaFence fence;
    private final long timeoutNs;
    private final boolean interruptible;
    private long deadlineNs;
    private long result;

    /** Waits for {@code fence}, however long that takes; the caller's reference must outlive the wait. */
    public FenceWait(DmaFence fence) {
        this(fence, false, NO_LIMIT);
    }

    /** Waits for {@code fence} no longer than {@code timeoutNs}, and if {@code interruptible} until the task is killed. */
    public FenceWait(DmaFence fence, boolean interruptible, long timeoutNs) {
        this.fence = fence.get();
        this.timeoutNs = timeoutNs;
        this.interruptible = interruptible;
    }

    /** Above 0 if the fence signalled, the time left in ns; 0 if the time was up; -ERESTARTSYS. */
    public long result() {
        return result;
    }

    private void start() {
        fence.enableSignaling();
        deadlineNs = timeoutNs == NO_LIMIT ? NO_LIMIT : kernel().nowNs() + timeoutNs;
        kernel().emit(DmaFenceWaitStart.builder()
                .fence(fence.id())
                .timeout(timeoutNs)
                .interruptible(interruptible));
    }

    private void end() {
        if (!fence.isSignaled()) {
            result = interruptible && task().isKilled() ? ERESTARTSYS : 0;
        } else {
            result = timeoutNs == NO_LIMIT ? NO_LIMIT : Math.max(1, deadlineNs - kernel().nowNs());
        }
        kernel().emit(DmaFenceWaitEnd.builder().fence(fence.id()).result(result));
        fence.put();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
