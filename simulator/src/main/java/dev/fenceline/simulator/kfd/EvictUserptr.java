package dev.fenceline.simulator.kfd;

import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.NotifierOps;

/**
 * amdgpu_amdkfd_gpuvm.c:amdgpu_amdkfd_evict_userptr: counts, and stops the queues of the process if it is the first. It waits for no
 * fence, because there is none; it waits until the queues are off the hardware.
 */
final class EvictUserptr extends NotifierOps.StartPass {
    private static final Path<EvictUserptr> PATH = Path.<EvictUserptr>named("amdgpu_amdkfd_evict_userptr")
            .lock(evict -> evict.process.notifierLock(), Lock.Mode.X)
            .run(EvictUserptr::count)
            .when(
                    evict -> evict.first,
                    first -> first.run(evict -> evict.process.quiesce())
                            .spend(evict -> evict.kernel().costs().suspendNs())
                            .run(evict -> evict.process.quiesced())
                            .run(evict -> evict.process.restoreLater()))
            .unlock(evict -> evict.process.notifierLock())
            .end();

    private final KfdProcess process;
    private final KfdMem mem;
    private final long curSeq;
    private boolean first;

    EvictUserptr(KfdProcess process, KfdMem mem, long curSeq) {
        this.process = process;
        this.mem = mem;
        this.curSeq = curSeq;
    }

    private void count() {
        mem.vma().notifier().setSeq(curSeq);
        first = process.evict(mem);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
