package dev.fenceline.simulator.svm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** xe_svm.c:xe_svm_close: no collector runs any more; without the lock of the VM, which collectors take. */
final class CloseSvm extends Call {
    private static final Path<CloseSvm> PATH = Path.<CloseSvm>named("xe_svm_close")
            .await(close -> close.svm.flushers(), close -> !close.svm.isCollectorPending())
            .end();

    private final GpuSvm svm;

    CloseSvm(GpuSvm svm) {
        this.svm = svm;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
