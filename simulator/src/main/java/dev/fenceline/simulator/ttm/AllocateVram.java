package dev.fenceline.simulator.ttm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** ttm_bo.c:ttm_bo_alloc_resource for VRAM: evicts until there is room, or until nothing is left to evict. */
final class AllocateVram extends Call {
    private static final Path<AllocateVram> PATH = Path.<AllocateVram>named("ttm_bo_alloc_resource")
            .repeat(attempt -> attempt
                    .run(AllocateVram::allocate)
                    .returnIf(alloc -> alloc.resource != null || alloc.isHopeless())
                    .call(alloc -> alloc.evict = new Evict(alloc.bo.device(), alloc.bo.resv())))
            .end();

    private final Bo bo;
    private final boolean mayEvict;
    private @Nullable Resource resource;
    private @Nullable Evict evict;

    AllocateVram(Bo bo, boolean mayEvict) {
        this.bo = bo;
        this.mayEvict = mayEvict;
    }

    /** The memory, or null if there is none. */
    @Nullable Resource resource() {
        return resource;
    }

    private void allocate() {
        VramArea vram = bo.device().vram();
        resource = vram.allocate(bo.id(), bo.bytes(), bo.needsAperture());
    }

    private boolean isHopeless() {
        return !mayEvict || (evict != null && !evict.succeeded());
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
