package dev.fenceline.simulator.svm;

import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.gt.TlbBatch;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/**
 * xe_svm.c:xe_svm_garbage_collector: destroys the ranges of which something was unmapped, unless the VM goes and all of them with it; with
 * the VM locked for writing.
 *
 * <p>The kernel unbinds each range that was ever bound, also when the notifier has left nothing of it, and waits for none of that:
 * {@code xe_vm_range_unbind} frees page tables as well, and its fence orders that. The model has no page tables below the root, so
 * there is nothing to do where the notifier has done its work. Where it has not, which takes a deviation, the entries are cleared and the
 * TLBs waited for, so that what the deviation breaks is not mixed with what follows from the missing wait.
 */
final class CollectGarbage extends Call {
    private static final Path<CollectGarbage> PATH = Path.<CollectGarbage>named("xe_svm_garbage_collector")
            .repeat(each -> each.leaveIf(collect -> collect.svm.vm().isClosedOrBanned())
                    .run(collect -> collect.range = collect.svm.nextGarbage())
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
