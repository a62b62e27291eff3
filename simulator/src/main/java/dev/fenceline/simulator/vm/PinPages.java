package dev.fenceline.simulator.vm;

import dev.fenceline.event.RebindBy;
import dev.fenceline.event.VmaPin;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.HmmRangeFault;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.ReadBegin;
import org.jspecify.annotations.Nullable;

/**
 * xe_userptr.c:xe_vma_userptr_pin_pages with drm_gpusvm.c:drm_gpusvm_get_pages: fetches the pages of a userptr mapping again and
 * again until no invalidation came between. In spite of its name it pins nothing.
 */
public final class PinPages extends Call {
    /** The notifier lock is held while the fetch waits for a running invalidation, whose callback needs it (rule U13). */
    public static final Deviation BEGINS_LOCKED = new Deviation("fetch-begins-under-notifier-lock");

    /** Pages are fetched although the last user of the address space is gone (rule U14). */
    public static final Deviation FETCHES_FROM_DEAD = new Deviation("dead-mm-is-fetched-from");

    /** The fetch begins once, and is repeated with the number it began with (rule U18). */
    public static final Deviation KEEPS_NUMBER = new Deviation("fetch-retries-with-old-number");

    /** {@code HMM_RANGE_DEFAULT_TIMEOUT}. */
    private static final long TIMEOUT_NS = 1_000_000_000;

    /** How many pages are looked at, for large ones among them, in the time of a step; ours. */
    private static final int PAGES_A_STEP = 4;

    private static final int EFAULT = -14;
    private static final int EBUSY = -16;

    private static final Path<PinPages> PATH = Path.<PinPages>named("xe_vma_userptr_pin_pages")
            .run(PinPages::getMm)
            .repeat(attempt -> attempt.run(PinPages::giveUpInTime)
                    .leaveIf(pin -> pin.result != 0)
                    .run(PinPages::decideHowToBegin)
                    .when(pin -> pin.beginsLocked, PinPages::beginLocked)
                    .when(pin -> !pin.beginsLocked, begin -> begin.call(PinPages::beginFetch))
                    .call(pin -> pin.fault = new HmmRangeFault(
                            pin.mm(), pin.vma.notifier(), pin.begin().seq(), !pin.vma.isReadOnly()))
                    .againIf(pin -> pin.fault().result() == EBUSY)
                    .run(pin -> pin.result = pin.fault().result())
                    .leaveIf(pin -> pin.result != 0)
                    .spend(pin ->
                            pin.kernel().costs().stepNs() * pin.fault().pages().size() / PAGES_A_STEP)
                    .lock(pin -> pin.vma.vm().notifierLock(), Lock.Mode.R)
                    .run(PinPages::takeUnlessCollided)
                    .unlock(pin -> pin.vma.vm().notifierLock())
                    .leaveIf(pin -> !pin.collided))
            .run(pin -> pin.mm().put(pin.task()))
            .run(PinPages::record)
            .end();

    private final UserptrVma vma;
    private final RebindBy by;
    private @Nullable ReadBegin begin;
    private @Nullable HmmRangeFault fault;
    private boolean beginsLocked;
    private boolean keepsNumber;
    private boolean collided;
    private long deadlineNs;
    private int result;

    /** Fetches the pages of {@code vma}; UNKNOWN for {@code by} is neither the worker nor a submission. */
    public PinPages(UserptrVma vma, RebindBy by) {
        this.vma = vma;
        this.by = by;
    }

    private static Path.Builder<PinPages> beginLocked(Path.Builder<PinPages> path) {
        return path.lock(pin -> pin.vma.vm().notifierLock(), Lock.Mode.R)
                .call(PinPages::beginFetch)
                .unlock(pin -> pin.vma.vm().notifierLock());
    }

    /** 0, -EFAULT if there is no memory to fetch, -EPERM if it may not be written, or -EBUSY if it went stale again and again. */
    public int result() {
        return result;
    }

    private void getMm() {
        deadlineNs = kernel().nowNs() + TIMEOUT_NS;
        if (mm().isReleased() && !kernel().deviates(FETCHES_FROM_DEAD)) {
            result = EFAULT;
        }
        mm().get(task());
    }

    private void giveUpInTime() {
        if (kernel().nowNs() > deadlineNs) {
            result = EBUSY;
        }
    }

    private void decideHowToBegin() {
        keepsNumber = keepsNumber || (begin != null && kernel().deviates(KEEPS_NUMBER));
        beginsLocked = kernel().deviates(BEGINS_LOCKED);
    }

    private @Nullable ReadBegin beginFetch() {
        if (keepsNumber) {
            return null;
        }
        begin = new ReadBegin(mm(), vma.notifier());
        return begin;
    }

    private Mm mm() {
        return vma.vm().mm();
    }

    private ReadBegin begin() {
        if (begin == null) {
            throw new IllegalStateException("the fetch has not begun");
        }
        return begin;
    }

    private HmmRangeFault fault() {
        if (fault == null) {
            throw new IllegalStateException("the fetch has not begun");
        }
        return fault;
    }

    private void takeUnlessCollided() {
        collided = vma.notifier().readRetry(begin().seq());
        if (!collided) {
            vma.setPages(fault().pages(), begin().seq());
        }
    }

    private void record() {
        VmaPin.Builder event =
                VmaPin.builder().vma(vma.id()).vm(vma.vm().id()).by(by).write(!vma.isReadOnly());
        if (result == 0) {
            event.seqValue(vma.pagesSeq()).pages(vma.pages());
        }
        kernel().emit(event.result(result));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
