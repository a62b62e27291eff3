package dev.fenceline.simulator.fence;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** dma-resv.c:dma_resv_wait_timeout: one fence after the other, without the lock. */
public final class ResvWait extends Call {
    private static final int EBUSY = -16;
    private static final long TTM_TIMEOUT_NS = 15_000_000_000L;

    private static final Path<ResvWait> PATH = Path.<ResvWait>named("dma_resv_wait_timeout")
            .repeat(wait -> wait.run(call -> call.pending = call.resv.getPending(call.usage))
                    .leaveIf(call -> call.pending == null)
                    .call(ResvWait::waitForPending)
                    .run(ResvWait::waited)
                    .leaveIf(call -> call.left <= 0))
            .run(ResvWait::end)
            .end();

    private final DmaResv resv;
    private final Usage usage;
    private final long timeoutNs;
    private final boolean interruptible;
    private final Local<FenceWait> wait = new Local<>();
    private @Nullable DmaFence pending;
    private long left;

    /** Waits until no fence of {@code usage} or of the usages before it is pending, however long that takes. */
    public ResvWait(DmaResv resv, Usage usage) {
        this(resv, usage, false, FenceWait.NO_LIMIT);
    }

    /** Waits no longer than {@code timeoutNs}, and if {@code interruptible} until the task is killed. */
    public ResvWait(DmaResv resv, Usage usage, boolean interruptible, long timeoutNs) {
        this.resv = resv;
        this.usage = usage;
        this.interruptible = interruptible;
        this.timeoutNs = timeoutNs;
        this.left = timeoutNs;
    }

    /** ttm_bo.c:ttm_bo_wait_ctx, for everything that uses a BO: gives up after 15 s. */
    public static ResvWait ofBo(DmaResv resv, boolean interruptible) {
        return new ResvWait(resv, Usage.BOOKKEEP, interruptible, TTM_TIMEOUT_NS);
    }

    /** Above 0 if nothing is pending any more, the time left in ns; 0 if the time was up; -ERESTARTSYS. */
    public long result() {
        return left;
    }

    /** The result as {@code ttm_bo_wait_ctx} gives it: 0, -EBUSY if the time was up, or -ERESTARTSYS. */
    public int errno() {
        return left > 0 ? 0 : left == 0 ? EBUSY : (int) left;
    }

    private FenceWait waitForPending() {
        return wait.set(new FenceWait(pending(), interruptible, left));
    }

    private DmaFence pending() {
        if (pending == null) {
            throw new IllegalStateException("nothing is pending");
        }
        return pending;
    }

    private void waited() {
        left = wait.get().result();
        pending().put();
    }

    private void end() {
        kernel().emit(dev.fenceline.event.ResvWait.builder()
                .resv(resv.id())
                .usage(usage)
                .interruptible(interruptible)
                .timeout(timeoutNs)
                .result(left));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
