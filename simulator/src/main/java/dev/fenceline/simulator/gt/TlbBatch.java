package dev.fenceline.simulator.gt;

import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import java.util.ArrayDeque;
import java.util.List;

/** {@code xe_tlb_inval_batch}: the same invalidation on several GTs, and the wait for all of them. */
public final class TlbBatch extends Call {
    private static final Path<TlbBatch> PATH = Path.<TlbBatch>named("xe_tlb_inval_batch_wait")
            .repeat(each -> each.leaveIf(batch -> batch.fences.isEmpty())
                    .call(batch -> new FenceWait(batch.fences.peek()))
                    .run(batch -> batch.fences.remove().put()))
            .end();

    private final ArrayDeque<DmaFence> fences = new ArrayDeque<>(2);

    private TlbBatch() {}

    /**
     * {@code xe_tlb_inval_range_tilemask_submit}: asks all of {@code gts}; the call that comes back waits for their answers.
     *
     * @param answered runs with each answer
     */
    public static TlbBatch submit(List<TlbInval> gts, long vm, long start, long end, Runnable answered) {
        TlbBatch batch = new TlbBatch();
        gts.forEach(gt -> batch.fences.add(gt.fenced(vm, start, end, answered)));
        return batch;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
