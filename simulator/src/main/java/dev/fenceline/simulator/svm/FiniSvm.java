package dev.fenceline.simulator.svm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.RemoveNotifier;
import org.jspecify.annotations.Nullable;

/**
 * drm_gpusvm.c:drm_gpusvm_fini: each notifier goes, so that no invalidation meets what is being taken down, and then the ranges it watched;
 * with the VM locked for writing.
 */
final class FiniSvm extends Call {
    private static final Path<FiniSvm> PATH = Path.<FiniSvm>named("drm_gpusvm_fini")
            .repeat(each -> each.returnIf(fini -> fini.svm.anyNotifier() == null)
                    .call(FiniSvm::removeNotifier)
                    .run(fini -> fini.notifier.get().setRemoved())
                    .repeat(watched -> watched.run(fini -> fini.range = fini.svm.anyRange(fini.notifier.get()))
                            .leaveIf(fini -> fini.range == null)
                            .call(FiniSvm::removeRange))
                    .run(fini -> fini.svm.forget(fini.notifier.get())))
            .end();

    private final GpuSvm svm;
    private final Local<SvmNotifier> notifier = new Local<>();
    private @Nullable SvmRange range;

    FiniSvm(GpuSvm svm) {
        this.svm = svm;
    }

    private @Nullable Call removeNotifier() {
        SvmNotifier found = svm.anyNotifier();
        return found == null
                ? null
                : new RemoveNotifier(svm.mm(), notifier.set(found).notifier());
    }

    private @Nullable Call removeRange() {
        return range == null ? null : new RemoveRange(range);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
