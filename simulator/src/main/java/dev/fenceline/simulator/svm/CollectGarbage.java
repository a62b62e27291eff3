package dev.fenceline.simulator.svm;

import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.gt.TlbBatch;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** xe_svm.c:xe_svm_garbage_collector: destroys the ranges of which something was unmapped; with the VM locked for writing. */
final class CollectGarbage extends Call {
    private static final Path<CollectGarbage> PATH = Path.<CollectGarbage>named("xe_svm_garbage_collector")
            .repeat(each -> each.run(collect -> collect.range = collect.svm.nextGarbage())
                    .leaveIf(collect -> collect.range == null)
                    .when(collect -> collect.range().isBound(), CollectGarbage::unbind)
                    .call(collect -> new RemoveRange(collect.range())))
            .end();

    private final GpuSvm svm;
    private final Local<LockResvs> locks = new Local<>();
    private @Nullable SvmRange range;

    CollectGarbage(GpuSvm svm) {
        this.svm = svm;
    }

    private SvmRange range() {
        if (range == null) {
            throw new IllegalStateException("no range is being collected");
        }
        return range;
    }

    /** {@code xe_vm_range_unbind}, if the notifier has left something. */
    private static Path.Builder<CollectGarbage> unbind(Path.Builder<CollectGarbage> path) {
        return path.call(collect ->
                        collect.locks.set(new LockResvs(collect.svm.vm().resvs())))
                .run(collect -> collect.range().zapPtes())
                .call(CollectGarbage::flush)
                .run(collect -> collect.locks.get().unlockAll(collect.task()));
    }

    private TlbBatch flush() {
        return TlbBatch.submit(svm.vm().device().tlbs(), svm.vm().id(), range().start(), range().end(), () -> {});
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
