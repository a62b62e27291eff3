package dev.fenceline.simulator.svm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.vm.CpuMirrorVma;

/** drm_gpusvm.c:drm_gpusvm_range_find_or_insert: the range around an address, as large as the program's own mapping allows. */
final class FindRange extends Call {
    private static final int EPERM = -1;
    private static final int ENOENT = -2;
    private static final int EFAULT = -14;
    private static final long RANGE_BYTES = 256;

    private static final Path<FindRange> PATH = Path.<FindRange>named("drm_gpusvm_range_find_or_insert")
            .lock(find -> find.svm.mm().mmapLock(), Lock.Mode.R)
            .run(FindRange::findOrInsert)
            .unlock(find -> find.svm.mm().mmapLock())
            .end();

    private final GpuSvm svm;
    private final CpuMirrorVma vma;
    private final long address;
    private final Local<SvmRange> range = new Local<>();
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

    private void findOrInsert() {
        Mm.PageRun area = svm.mm().areaAt(address);
        SvmRange found = svm.rangeAt(address);
        if (svm.mm().isReleased()) {
            result = EFAULT;
        } else if (area == null) {
            result = ENOENT;
        } else if (!svm.mm().isWritable(area.start(), area.end())) {
            result = EPERM;
        } else if (found != null) {
            range.set(found);
        } else {
            kernel().memory().allocate(Gfp.KERNEL, RANGE_BYTES);
            range.set(svm.insert(
                    svm.chunk(address, Math.max(area.start(), vma.start()), Math.min(area.end(), vma.end()))));
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
