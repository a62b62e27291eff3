package dev.fenceline.simulator.pagemap;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/**
 * drm_pagemap.c:drm_pagemap_evict_to_ram: the BO's memory is wanted by somebody else. Pages that are on their way already, or that an exit
 * is about to give back, are waited for, where the kernel comes again twice and then leaves the BO where it is.
 */
final class EvictToRam extends Call {
    private static final Path<EvictToRam> PATH = Path.<EvictToRam>named("drm_pagemap_evict_to_ram")
            .repeat(attempt -> attempt.leaveIf(evict -> evict.memory.isDetached())
                    .when(evict -> evict.memory.mm().isReleased(), EvictToRam::awaitExit)
                    .leaveIf(evict -> evict.memory.isDetached())
                    .run(evict -> evict.memory.mm().get(evict.task()))
                    .call(evict -> evict.memory.mm().awaitMigrations(evict.memory.start(), evict.memory.end()))
                    .call(evict -> MigrateToRam.byEviction(evict.memory))
                    .run(evict -> evict.memory.mm().put(evict.task())))
            .end();

    private final Devmem memory;

    EvictToRam(Devmem memory) {
        this.memory = memory;
    }

    private static Path.Builder<EvictToRam> awaitExit(Path.Builder<EvictToRam> path) {
        return path.await(evict -> evict.memory.detaching(), evict -> evict.memory.isDetached());
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
