package dev.fenceline.simulator.vm;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/**
 * xe_bo.c:xe_bo_trigger_rebind for a mapping in a VM whose queues may fault: no fence says when they are done with the BO, so its entries
 * are zapped before it moves, once nobody writes them any more.
 */
final class EvictVma extends Call {
    private static final Path<EvictVma> PATH = Path.<EvictVma>named("xe_bo_trigger_rebind")
            .call(evict -> new ResvWait(evict.vma.bo().resv(), Usage.BOOKKEEP))
            .call(evict -> new InvalidateVma(evict.vma))
            .end();

    private final BoVma vma;

    EvictVma(BoVma vma) {
        this.vma = vma;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
