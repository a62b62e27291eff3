package dev.fenceline.simulator.vm;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.gt.TlbBatch;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.NotifierOps;
import org.jspecify.annotations.Nullable;

/** xe_userptr.c: what happens when the CPU takes pages away that the GPU may use. */
public final class InvalidateUserptr {
    /** The second pass returns without waiting for the fences of the VM (rule U06). */
    public static final Deviation RETURNS_EARLY = new Deviation("notifier-returns-before-fences-signal");

    /** The sequence number is stored before the notifier lock is taken (rule U03). */
    public static final Deviation SETS_UNLOCKED = new Deviation("callback-sets-sequence-before-lock");

    /** The pages stay mapped for DMA until the next fetch (rule U08). */
    public static final Deviation KEEPS_DMA = new Deviation("dma-mapping-outlives-notifier");

    /** The callback waits even where it must not sleep (rule U05). */
    public static final Deviation SLEEPS = new Deviation("callback-sleeps-in-nonblockable-range");

    /** Memory for the record of the invalidation is allocated with GFP_KERNEL, which may call this very callback (rule U12). */
    public static final Deviation ALLOCATES = new Deviation("callback-allocates");

    private static final long RECORD_BYTES = 128;

    /** In a VM whose queues may fault the notifier returns before the TLBs have answered (rule U07). */
    public static final Deviation RETURNS_BEFORE_TLB = new Deviation("notifier-returns-before-tlb");

    /** In a VM whose queues may fault the notifier leaves the page table entries (rule V01). */
    public static final Deviation KEEPS_ENTRIES = new Deviation("notifier-keeps-entries");

    private InvalidateUserptr() {}

    private static @Nullable Call waitFor(UserptrVma vma) {
        DmaResv resv = vma.vm().resv();
        boolean busy = !resv.isIdle(Usage.BOOKKEEP);
        return busy && vma.vm().kernel().deviates(RETURNS_EARLY) ? null : new ResvWait(resv, Usage.BOOKKEEP);
    }

    private static void unmapDma(UserptrVma vma) {
        if (vma.isMappedForDma() && !vma.vm().kernel().deviates(KEEPS_DMA)) {
            vma.unmapDma();
        }
    }

    /** In a VM whose queues may fault nobody is off the hardware when the fences are done: the entries go, and the TLBs are told. */
    private static @Nullable Call zap(UserptrVma vma) {
        boolean asks = vma.vm().isFaultMode() && vma.isReachable();
        if (asks && vma.vm().kernel().deviates(RETURNS_BEFORE_TLB)) {
            InvalidateVma.submit(vma);
            return null;
        }
        return asks ? new InvalidateVma(vma) : null;
    }

    /**
     * xe_vma_userptr_invalidate_start: store the number, note that the mapping is stale, ask everybody off the hardware. In 6.12 it is
     * xe_vm.c:vma_userptr_invalidate, which then waits itself, without the lock.
     */
    static final class Start extends NotifierOps.StartPass {
        private static final Path<Start> PATH = Path.<Start>named("xe_vma_userptr_invalidate_start")
                .run(Start::setUnlockedIfAtFault)
                .lock(pass -> pass.vma.vm().notifierLock(), Lock.Mode.W)
                .run(Start::firstPass)
                .when(
                        pass -> pass.isSingle,
                        locked -> locked.unlock(pass -> pass.vma.vm().notifierLock()))
                .when(
                        pass -> pass.finishesNow,
                        now -> now.call(pass -> waitFor(pass.vma))
                                .call(pass -> pass.keepsEntries ? null : zap(pass.vma))
                                .run(pass -> unmapDma(pass.vma)))
                .when(
                        pass -> !pass.isSingle,
                        locked -> locked.unlock(pass -> pass.vma.vm().notifierLock()))
                .end();

        private final UserptrVma vma;
        private final long curSeq;
        private final boolean isSingle;
        private boolean isSet;
        private boolean deferred;
        private boolean finishesNow;
        private boolean keepsEntries;

        Start(UserptrVma vma, long curSeq) {
            this.vma = vma;
            this.curSeq = curSeq;
            this.isSingle = !vma.hasTwoPasses();
        }

        private void setUnlockedIfAtFault() {
            isSet = kernel().deviates(SETS_UNLOCKED);
            if (isSet) {
                vma.notifier().setSeq(curSeq);
            }
        }

        private void firstPass() {
            if (!isSet) {
                vma.notifier().setSeq(curSeq);
            }
            if (kernel().deviates(ALLOCATES)) {
                kernel().memory().allocate(Gfp.KERNEL, RECORD_BYTES);
            }
            if (!vma.isDestroyed() && !vma.vm().isFaultMode()) {
                vma.vm().userptrInvalidated(vma);
            }
            if (!vma.isInitiallyBound()) {
                unmapDma(vma);
                return;
            }
            DmaResv resv = vma.vm().resv();
            resv.eachPending(Usage.BOOKKEEP, DmaFence::enableSignaling);
            boolean busy = !resv.testSignaled(Usage.BOOKKEEP);
            boolean zaps = !busy && vma.vm().isFaultMode() && vma.isReachable();
            keepsEntries = zaps && kernel().deviates(KEEPS_ENTRIES);
            zaps &= !keepsEntries;
            deferred = (busy || zaps) && !isSingle && !vma.isFinishInUse();
            finishesNow = !deferred;
            if (deferred) {
                vma.setFinishInUse(true);
                if (zaps) {
                    vma.setInvalidation(InvalidateVma.submit(vma));
                }
            }
        }

        @Override
        public boolean isDeferred() {
            return deferred;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    /** xe_vma_userptr_invalidate_finish: when it returns, nothing on the GPU can touch the old pages. */
    static final class Finish extends Call {
        private static final Path<Finish> PATH = Path.<Finish>named("xe_vma_userptr_invalidate_finish")
                .lock(pass -> pass.vma.vm().notifierLock(), Lock.Mode.W)
                .run(pass -> pass.submitted = pass.vma.takeInvalidation())
                .when(
                        pass -> pass.submitted == null,
                        fences -> fences.call(pass -> waitFor(pass.vma)).call(pass -> zap(pass.vma)))
                .call(pass ->
                        pass.submitted != null && pass.kernel().deviates(RETURNS_BEFORE_TLB) ? null : pass.submitted)
                .run(pass -> unmapDma(pass.vma))
                .run(pass -> pass.vma.setFinishInUse(false))
                .unlock(pass -> pass.vma.vm().notifierLock())
                .end();

        private final UserptrVma vma;
        private @Nullable TlbBatch submitted;

        Finish(UserptrVma vma) {
            this.vma = vma;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}
