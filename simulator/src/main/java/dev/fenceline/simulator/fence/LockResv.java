package dev.fenceline.simulator.fence;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** dma-resv.h:dma_resv_lock of a single reservation. */
public final class LockResv extends Call {
    private static final Path<LockResv> PATH = Path.<LockResv>named("dma_resv_lock")
            .block(call -> call.resv.lock().acquire(call.task()))
            .end();

    private final DmaResv resv;

    /** Locks {@code resv}, sleeping while others hold it. */
    public LockResv(DmaResv resv) {
        this.resv = resv;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
