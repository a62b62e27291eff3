package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.gt.TlbBatch;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/**
 * xe_vm.c:xe_vm_invalidate_vma, in a VM whose queues may fault: when it returns the GPU reaches nothing through the mapping until a page
 * fault binds it again.
 */
final class InvalidateVma extends Call {
    private static final Path<InvalidateVma> PATH = Path.<InvalidateVma>named("xe_vm_invalidate_vma")
            .returnIf(invalidate -> !invalidate.vma.isBound())
            .call(invalidate -> submit(invalidate.vma))
            .end();

    private final Vma vma;

    InvalidateVma(Vma vma) {
        this.vma = vma;
    }

    /** {@code xe_vm_invalidate_vma_submit} of a mapping that is bound: what comes back waits until the TLBs have forgotten it. */
    static TlbBatch submit(Vma vma) {
        vma.invalidatePtes();
        return TlbBatch.submit(vma.vm().device().tlbs(), vma.vm().id(), vma.start(), vma.end());
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
