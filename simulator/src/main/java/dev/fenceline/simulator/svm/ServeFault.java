package dev.fenceline.simulator.svm;

import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.pagemap.PopulateMm;
import dev.fenceline.simulator.vm.CpuMirror;
import dev.fenceline.simulator.vm.CpuMirrorVma;
import org.jspecify.annotations.Nullable;

/**
 * xe_svm.c:xe_svm_handle_pagefault: finds or makes the range around an address, fetches its pages and binds it, until nobody invalidated it
 * meanwhile. Ranges that are gone go first, so that what is found is current.
 */
final class ServeFault extends CpuMirror.Service {
    private static final int EBUSY = -16;

    private static final Path<ServeFault> PATH = Path.<ServeFault>named("xe_svm_handle_pagefault")
            .repeat(attempt -> attempt.call(fault -> new CollectGarbage(fault.svm))
                    .call(fault -> fault.find.set(new FindRange(fault.svm, fault.vma, fault.address)))
                    .run(fault -> fault.result = fault.find.get().result())
                    .leaveIf(fault -> fault.result != 0 || fault.range().isBound())
                    .when(ServeFault::needsMigration, ServeFault::migrate)
                    .call(fault -> fault.fetch.set(new GetRangePages(fault.svm, fault.range())))
                    .run(ServeFault::noteFailure)
                    .leaveIf(fault -> fault.result != 0)
                    .call(ServeFault::evictIfMixed)
                    .againIf(fault -> fault.fetch.get().result() != 0)
                    .call(fault -> fault.locks.set(new LockResvs(fault.svm.vm().resvs())))
                    .run(fault -> fault.locks.get().reserve(1))
                    .lock(fault -> fault.svm.vm().notifierLock(), Lock.Mode.R)
                    .run(ServeFault::bindIfValid)
                    .unlock(fault -> fault.svm.vm().notifierLock())
                    .run(fault -> fault.locks.get().unlockAll(fault.task()))
                    .leaveIf(fault -> fault.range().isBound()))
            .end();

    private final GpuSvm svm;
    private final CpuMirrorVma vma;
    private final long address;
    private final CpuMirror.Bound whenBound;
    private final Local<FindRange> find = new Local<>();
    private final Local<GetRangePages> fetch = new Local<>();
    private final Local<LockResvs> locks = new Local<>();
    private boolean hasTried;
    private int result;

    ServeFault(GpuSvm svm, CpuMirrorVma vma, long address, CpuMirror.Bound whenBound) {
        this.svm = svm;
        this.vma = vma;
        this.address = address;
        this.whenBound = whenBound;
    }

    @Override
    public int result() {
        return result;
    }

    /** {@code xe_svm_range_needs_migrate_to_vram}; tried once, and after that the pages are bound where they are. */
    private boolean needsMigration() {
        return svm.prefersVram() && !hasTried && !range().isInVram();
    }

    private static Path.Builder<ServeFault> migrate(Path.Builder<ServeFault> path) {
        return path.run(fault -> fault.hasTried = true).call(ServeFault::allocateVram);
    }

    /** {@code xe_svm_alloc_vram}. */
    private PopulateMm allocateVram() {
        return new PopulateMm(
                svm.vm().device().ttm(),
                svm.mm(),
                range().start(),
                range().end(),
                svm.vm().file().client().id());
    }

    /** {@code drm_gpusvm_range_evict}: all of it comes back to the system first. */
    private @Nullable Call evictIfMixed() {
        boolean mixed = fetch.get().result() == GetRangePages.EOPNOTSUPP;
        return mixed ? new EvictRange(svm, range()) : null;
    }

    private SvmRange range() {
        return find.get().range();
    }

    /** What the program changed meanwhile is looked up again; only what never comes to rest is an error. */
    private void noteFailure() {
        result = fetch.get().result() == EBUSY ? EBUSY : 0;
    }

    /** {@code xe_pt_svm_userptr_pre_commit}: the notifier takes the pages away under the same lock. */
    private void bindIfValid() {
        SvmRange range = range();
        if (range.hasValidPages()) {
            whenBound.bound(range.id(), range.start(), range.end());
            range.writePtes();
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
