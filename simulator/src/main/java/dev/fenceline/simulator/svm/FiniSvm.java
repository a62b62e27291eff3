package dev.fenceline.simulator.svm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** xe_svm.c:xe_svm_fini: all ranges and notifiers go; with the VM locked for writing. */
final class FiniSvm extends Call {
    private static final Path<FiniSvm> PATH = Path.<FiniSvm>named("xe_svm_fini")
            .repeat(each -> each.run(fini -> fini.range = fini.svm.anyRange())
                    .leaveIf(fini -> fini.range == null)
                    .call(fini -> new RemoveRange(fini.range())))
            .end();

    private final GpuSvm svm;
    private @Nullable SvmRange range;

    FiniSvm(GpuSvm svm) {
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
