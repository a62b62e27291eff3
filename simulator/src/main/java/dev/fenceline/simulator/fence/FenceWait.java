package dev.fenceline.simulator.fence;

import dev.fenceline.event.DmaFenceWaitEnd;
import dev.fenceline.event.DmaFenceWaitStart;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** dma-fence.c:dma_fence_wait_timeout, without a limit and not interruptible. */
public final class FenceWait extends Call {
    /** {@code MAX_SCHEDULE_TIMEOUT}: no limit, and what such a wait returns. */
    public static final long NO_LIMIT = Long.MAX_VALUE;

    private static final Path<FenceWait> PATH = Path.<FenceWait>named("dma_fence_wait_timeout")
            .run(FenceWait::start)
            .await(wait -> wait.fence.waiters(), wait -> wait.fence.isSignaled())
            .run(FenceWait::end)
            .end();

    private final DmaFence fence;

    /** Waits for {@code fence}; the caller's reference must outlive the wait. */
    public FenceWait(DmaFence fence) {
        this.fence = fence.get();
    }

    private void start() {
        fence.enableSignaling();
        kernel().emit(DmaFenceWaitStart.builder()
                .fence(fence.id())
                .timeout(NO_LIMIT)
                .interruptible(false));
    }

    private void end() {
        kernel().emit(DmaFenceWaitEnd.builder().fence(fence.id()).result(NO_LIMIT));
        fence.put();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
