package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.NotifierOps;

/**
 * i915_gem_userptr.c:i915_gem_userptr_invalidate since 6.12: stores the number and waits for nobody, without a lock. The pages are pinned;
 * who submits next finds out.
 */
final class SetSeqOnly extends NotifierOps.StartPass {
    private static final Path<SetSeqOnly> PATH = Path.<SetSeqOnly>named("i915_gem_userptr_invalidate")
            .run(pass -> pass.vma.notifier().setSeq(pass.curSeq))
            .end();

    private final UserptrBoVma vma;
    private final long curSeq;

    SetSeqOnly(UserptrBoVma vma, long curSeq) {
        this.vma = vma;
        this.curSeq = curSeq;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
