package dev.fenceline.simulator.fence;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** dma-resv.c:dma_resv_wait_timeout, without a limit: one fence after the other, without the lock. */
public final class ResvWait extends Call {
    private static final Path<ResvWait> PATH = Path.<ResvWait>named("dma_resv_wait_timeout")
            .repeat(wait -> wait.run(call -> call.pending = call.resv.firstPending(call.usage))
                    .leaveIf(call -> call.pending == null)
                    .call(call -> new FenceWait(call.pending())))
            .run(ResvWait::end)
            .end();

    private final DmaResv resv;
    private final Usage usage;
    private @Nullable DmaFence pending;

    /** Waits until no fence of {@code usage} or of the usages before it is pending. */
    public ResvWait(DmaResv resv, Usage usage) {
        this.resv = resv;
        this.usage = usage;
    }

    private DmaFence pending() {
        if (pending == null) {
            throw new IllegalStateException("nothing is pending");
        }
        return pending;
    }

    private void end() {
        kernel().emit(dev.fenceline.event.ResvWait.builder()
                .resv(resv.id())
                .usage(usage)
                .interruptible(false)
                .timeout(FenceWait.NO_LIMIT)
                .result(FenceWait.NO_LIMIT));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
