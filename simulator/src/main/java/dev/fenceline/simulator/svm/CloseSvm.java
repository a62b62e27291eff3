package dev.fenceline.simulator.svm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** xe_svm.c:xe_svm_close and xe_svm_fini: no collector runs any more, and all ranges and notifiers go. */
final class CloseSvm extends Call {
    private static final Path<CloseSvm> PATH = Path.<CloseSvm>named("xe_svm_fini")
            .await(close -> close.svm.flushers(), close -> !close.svm.isCollectorPending())
            .repeat(each -> each.run(close -> close.range = close.svm.anyRange())
                    .leaveIf(close -> close.range == null)
                    .call(close -> new RemoveRange(close.range())))
            .end();

    private final GpuSvm svm;
    private @Nullable SvmRange range;

    CloseSvm(GpuSvm svm) {
        this.svm = svm;
    }

    private SvmRange range() {
        if (range == null) {
            throw new IllegalStateException("no range is left");
        }
        return range;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
