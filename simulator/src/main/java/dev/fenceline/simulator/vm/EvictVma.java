package dev.fenceline.simulator.vm;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;

/**
 * xe_bo.c:xe_bo_trigger_rebind for a mapping in a VM whose queues may fault: no fence says when they are done with the BO, so its entries
 * are zapped before it moves, once nobody writes them any more.
 */
public final class EvictVma extends Call {
    /** The BO moves and the entries stay, through which queues that may fault go on using its old place (rule V16). */
    public static final Deviation KEEPS_ENTRIES = new Deviation("move-keeps-entries", 4);

    private static final Path<EvictVma> PATH = Path.<EvictVma>named("xe_bo_trigger_rebind")
            .call(evict -> new ResvWait(evict.vma.bo().resv(), Usage.BOOKKEEP))
            .call(evict ->
                    evict.vma.isBound() && evict.kernel().deviates(KEEPS_ENTRIES) ? null : new InvalidateVma(evict.vma))
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
