package dev.fenceline.simulator.svm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.HmmRangeFault;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.ReadBegin;
import dev.fenceline.simulator.pagemap.Devmem;
import org.jspecify.annotations.Nullable;

/**
 * drm_gpusvm.c:drm_gpusvm_get_pages: fetches the pages of a range again and again until no invalidation came between. It keeps the process
 * from giving its memory back only while it fetches.
 */
final class GetRangePages extends Call {
    /** {@code HMM_RANGE_DEFAULT_TIMEOUT}. */
    private static final long TIMEOUT_NS = 1_000_000_000;

    private static final int EFAULT = -14;
    private static final int EBUSY = -16;

    /** Some of the pages are in VRAM and some are not, or not of the same BO. */
    static final int EOPNOTSUPP = -95;

    private static final Path<GetRangePages> PATH = Path.<GetRangePages>named("drm_gpusvm_get_pages")
            .run(get -> get.deadlineNs = get.kernel().nowNs() + TIMEOUT_NS)
            .repeat(attempt -> attempt.run(GetRangePages::giveUpInTime)
                    .leaveIf(get -> get.result != 0)
                    .call(get -> get.begin.set(
                            new ReadBegin(get.mm, get.range.notifier().notifier())))
                    .run(GetRangePages::getMm)
                    .leaveIf(get -> get.result != 0)
                    .call(GetRangePages::fetch)
                    .run(get -> get.mm.put(get.task()))
                    .againIf(get -> get.fault.get().result() == EBUSY)
                    .run(get -> get.result = get.fault.get().result())
                    .leaveIf(get -> get.result != 0)
                    .lock(get -> get.svm.vm().notifierLock(), Lock.Mode.R)
                    .run(GetRangePages::takeUnlessCollided)
                    .unlock(get -> get.svm.vm().notifierLock())
                    .leaveIf(get -> !get.collided))
            .end();

    private final GpuSvm svm;
    private final Mm mm;
    private final SvmRange range;
    private final Local<ReadBegin> begin = new Local<>();
    private final Local<HmmRangeFault> fault = new Local<>();
    private boolean collided;
    private long deadlineNs;
    private int result;

    GetRangePages(GpuSvm svm, SvmRange range) {
        this.svm = svm;
        this.mm = svm.mm();
        this.range = range;
    }

    /** 0, -EOPNOTSUPP if they are at several places, -EFAULT if the process is gone, -EFAULT or -EPERM if it changed what it has there, or -EBUSY if that never came to rest. */
    int result() {
        return result;
    }

    private void getMm() {
        if (mm.isReleased()) {
            result = EFAULT;
        } else {
            mm.get(task());
        }
    }

    private void giveUpInTime() {
        if (kernel().nowNs() > deadlineNs) {
            result = EBUSY;
        }
    }

    private Call fetch() {
        return fault.set(new HmmRangeFault(
                        mm,
                        range.notifier().notifier(),
                        range.start(),
                        range.end(),
                        begin.get().seq(),
                        true)
                .ownedBy(svm.vm().device().id()));
    }

    private void takeUnlessCollided() {
        collided = false;
        if (range.isUnmapped()) {
            result = EFAULT;
            return;
        }
        collided = range.notifier().notifier().readRetry(begin.get().seq());
        if (!collided) {
            takePages();
        }
    }

    private void takePages() {
        Devmem first = devmemAt(range.start());
        for (long address = range.start(); address < range.end(); address += Mm.PAGE_BYTES) {
            if (devmemAt(address) != first) {
                result = EOPNOTSUPP;
                return;
            }
        }
        range.setPages(fault.get().pages(), first);
    }

    private @Nullable Devmem devmemAt(long address) {
        return mm.deviceMemoryAt(address) instanceof Devmem devmem ? devmem : null;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
