package dev.fenceline.simulator.vm;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.NotifierOps;
import org.jspecify.annotations.Nullable;

/**
 * amdgpu_hmm.c:amdgpu_hmm_invalidate_gfx: waits for everything that uses the BO, and holds the mutex of the whole device meanwhile, so that
 * nobody else's submission gets past its check.
 */
public final class InvalidateGfx extends NotifierOps.StartPass {
    /** It returns without waiting for the fences of the BO (rule U06). */
    public static final Deviation RETURNS_EARLY = new Deviation("gfx-notifier-returns-before-fences-signal", 3);

    private static final Path<InvalidateGfx> PATH = Path.<InvalidateGfx>named("amdgpu_hmm_invalidate_gfx")
            .lock(pass -> pass.vma.vm().notifierLock(), Lock.Mode.X)
            .run(pass -> pass.vma.notifier().setSeq(pass.curSeq))
            .call(InvalidateGfx::waitForBo)
            .unlock(pass -> pass.vma.vm().notifierLock())
            .end();

    private final UserptrBoVma vma;
    private final long curSeq;

    InvalidateGfx(UserptrBoVma vma, long curSeq) {
        this.vma = vma;
        this.curSeq = curSeq;
    }

    private @Nullable Call waitForBo() {
        DmaResv resv = vma.bo().resv();
        boolean busy = !resv.isIdle(Usage.BOOKKEEP);
        return busy && kernel().deviates(RETURNS_EARLY) ? null : new ResvWait(resv, Usage.BOOKKEEP);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
