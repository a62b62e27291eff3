package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.gt.TlbBatch;
import dev.fenceline.simulator.gt.TlbInval;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;

/**
 * xe_vm.c:xe_vm_invalidate_vma, in a VM whose queues may fault: when it returns the GPU reaches nothing through the mapping until a page
 * fault binds it again.
 */
public final class InvalidateVma extends Call {
    /** The TLBs are asked before the entries are cleared, and load them again (rule V02). */
    public static final Deviation ASKS_EARLY = new Deviation("tlb-request-before-zap");

    private static final Path<InvalidateVma> PATH = Path.<InvalidateVma>named("xe_vm_invalidate_vma")
            .returnIf(invalidate -> !invalidate.vma.isReachable())
            .call(invalidate -> submit(invalidate.vma))
            .end();

    private final Vma vma;

    InvalidateVma(Vma vma) {
        this.vma = vma;
    }

    /** {@code xe_vm_invalidate_vma_submit} of a mapping that is reachable: what comes back waits until the TLBs have forgotten it. */
    static TlbBatch submit(Vma vma) {
        boolean isUserptr = vma instanceof UserptrVma;
        Kernel kernel = vma.vm().kernel();
        if (isUserptr && kernel.deviates(ASKS_EARLY)) {
            TlbBatch early = ask(vma);
            vma.invalidatePtes();
            return early;
        }
        vma.invalidatePtes();
        return ask(vma);
    }

    private static TlbBatch ask(Vma vma) {
        List<TlbInval> tlbs = vma.vm().device().tlbs();
        vma.asked(tlbs.size());
        return TlbBatch.submit(tlbs, vma.vm().id(), vma.start(), vma.end(), vma::answered);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
