package dev.fenceline.simulator.svm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.RemoveNotifier;
import org.jspecify.annotations.Nullable;

/** drm_gpusvm.c:drm_gpusvm_range_remove: the range goes, and the last one of a notifier takes that with it. */
final class RemoveRange extends Call {
    private static final Path<RemoveRange> PATH = Path.<RemoveRange>named("drm_gpusvm_range_remove")
            .lock(remove -> remove.svm.vm().notifierLock(), Lock.Mode.W)
            .run(remove -> remove.range.unmapDma())
            .run(remove -> remove.unused = remove.svm.remove(remove.range))
            .unlock(remove -> remove.svm.vm().notifierLock())
            .run(remove -> remove.range.destroy())
            .call(RemoveRange::removeNotifierIfUnused)
            .end();

    private final GpuSvm svm;
    private final SvmRange range;
    private boolean unused;

    RemoveRange(SvmRange range) {
        this.svm = range.notifier().svm();
        this.range = range;
    }

    private @Nullable Call removeNotifierIfUnused() {
        return unused && !range.notifier().isRemoved()
                ? new RemoveNotifier(svm.mm(), range.notifier().notifier())
                : null;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
