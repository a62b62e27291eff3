package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;

/** The null page of a page fault under a debugger goes, before any thread goes on. */
public final class RemoveNullPage extends Call {
    /** The null page stays: the posted patch has a TODO in this place (rule D18). */
    public static final Deviation STAYS = new Deviation("null-page-outlives-its-fault", 3);

    private static final Path<RemoveNullPage> PATH = Path.<RemoveNullPage>named("handle_pagefault_end")
            .returnIf(remove -> remove.kernel().deviates(STAYS))
            .lock(remove -> remove.vma.vm().lock(), Lock.Mode.W)
            .call(remove -> new InvalidateVma(remove.vma))
            .run(RemoveNullPage::destroy)
            .unlock(remove -> remove.vma.vm().lock())
            .end();

    private final NullVma vma;

    RemoveNullPage(NullVma vma) {
        this.vma = vma;
    }

    private void destroy() {
        vma.setDestroyed();
        vma.vm().forget(vma);
        vma.destroy();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
