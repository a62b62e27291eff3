package dev.fenceline.simulator.svm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.RemoveNotifier;
import dev.fenceline.simulator.vm.CpuMirrorVma;

/**
 * drm_gpusvm.c:drm_gpusvm_range_find_or_insert: the range around an address, as large as the program's own mapping allows.
 *
 * <p>Its notifier comes first, as the first notifier of a process takes {@code mmap_lock} for writing; one that came for nothing goes
 * again.
 */
final class FindRange extends Call {
    private static final int EPERM = -1;
    private static final int ENOENT = -2;
    private static final int EFAULT = -14;
    private static final long RANGE_BYTES = 256;

    private static final Path<FindRange> PATH = Path.<FindRange>named("drm_gpusvm_range_find_or_insert")
            .run(FindRange::getMm)
            .when(FindRange::succeeds, FindRange::search)
            .end();

    private final GpuSvm svm;
    private final CpuMirrorVma vma;
    private final long address;
    private final Local<SvmRange> range = new Local<>();
    private final Local<SvmNotifier> notifier = new Local<>();
    private boolean isNew;
    private int result;

    FindRange(GpuSvm svm, CpuMirrorVma vma, long address) {
        this.svm = svm;
        this.vma = vma;
        this.address = address;
    }

    /** 0, -EFAULT if the process is gone, -ENOENT if it has nothing there, -EPERM if it may not write it. */
    int result() {
        return result;
    }

    SvmRange range() {
        return range.get();
    }

    private static Path.Builder<FindRange> search(Path.Builder<FindRange> path) {
        return path.run(FindRange::findOrInsertNotifier)
                .lock(find -> find.svm.mm().mmapLock(), Lock.Mode.R)
                .run(FindRange::findOrInsert)
                .unlock(find -> find.svm.mm().mmapLock())
                .when(find -> find.isNew && !find.succeeds(), FindRange::removeNotifier)
                .run(find -> find.svm.mm().put(find.task()));
    }

    private static Path.Builder<FindRange> removeNotifier(Path.Builder<FindRange> path) {
        return path.run(find -> find.svm.forget(find.notifier.get()))
                .call(find ->
                        new RemoveNotifier(find.svm.mm(), find.notifier.get().notifier()));
    }

    private boolean succeeds() {
        return result == 0;
    }

    private void getMm() {
        if (svm.mm().isReleased()) {
            result = EFAULT;
        } else {
            svm.mm().get(task());
        }
    }

    private void findOrInsertNotifier() {
        SvmNotifier found = svm.notifierAt(address);
        isNew = found == null;
        notifier.set(found == null ? svm.insertNotifier(address) : found);
    }

    private void findOrInsert() {
        Mm.PageRun area = svm.mm().areaAt(address);
        SvmRange found = svm.rangeAt(address);
        if (area == null) {
            result = ENOENT;
        } else if (!svm.mm().isWritable(area.start(), area.end())) {
            result = EPERM;
        } else if (found != null) {
            range.set(found);
        } else {
            kernel().memory().allocate(Gfp.KERNEL, RANGE_BYTES);
            range.set(svm.insert(
                    notifier.get(),
                    svm.chunk(address, Math.max(area.start(), vma.start()), Math.min(area.end(), vma.end()))));
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
