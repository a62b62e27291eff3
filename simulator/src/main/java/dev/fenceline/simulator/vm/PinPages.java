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

    private static final Path<PinPages> PATH = Path.<PinPages>named("xe_vma_userptr_pin_pages")
            .repeat(attempt -> attempt.run(
                            pin -> pin.beginsLocked = pin.kernel().deviates(BEGINS_LOCKED))
                    .when(pin -> pin.beginsLocked, PinPages::beginLocked)
                    .when(pin -> !pin.beginsLocked, begin -> begin.call(PinPages::beginFetch))
                    .call(pin -> pin.fault = new HmmRangeFault(
                            pin.mm(), pin.vma.notifier(), pin.begin().seq(), !pin.vma.isReadOnly()))
                    .againIf(pin -> pin.fault().result() != 0)
                    .lock(pin -> pin.vma.vm().notifierLock(), Lock.Mode.R)
                    .run(PinPages::takeUnlessCollided)
                    .unlock(pin -> pin.vma.vm().notifierLock())
                    .leaveIf(pin -> !pin.collided))
            .run(PinPages::record)
            .end();

    private final UserptrVma vma;
    private final RebindBy by;
    private @Nullable ReadBegin begin;
    private @Nullable HmmRangeFault fault;
    private boolean beginsLocked;
    private boolean collided;

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

    private ReadBegin beginFetch() {
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
        kernel().emit(VmaPin.builder()
                .vma(vma.id())
                .vm(vma.vm().id())
                .by(by)
                .seqValue(vma.pagesSeq())
                .pages(vma.pages())
                .write(!vma.isReadOnly())
                .result(0));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
