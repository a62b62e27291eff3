package dev.fenceline.simulator.ttm;

import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** ttm_bo.c:ttm_bo_alloc_resource for VRAM: evicts until there is room, or until nothing is left to evict. */
final class AllocateVram extends Call {
    private static final Path<AllocateVram> PATH = Path.<AllocateVram>named("ttm_bo_alloc_resource")
            .repeat(attempt -> attempt.run(AllocateVram::allocate)
                    .returnIf(alloc -> alloc.resource != null || alloc.isHopeless())
                    .call(alloc -> alloc.evict = new Evict(alloc.bo.device(), alloc.bo.needsAperture(), alloc.held)))
            .end();

    private final Bo bo;
    private final @Nullable DmaResv held;
    private @Nullable Resource resource;
    private @Nullable Evict evict;

    /**
     * Memory for {@code bo}.
     *
     * @param held a reservation that the task holds and whose BOs may be evicted too; a task that makes all BOs of a VM valid must not
     *     evict one of them for another
     */
    AllocateVram(Bo bo, @Nullable DmaResv held) {
        this.bo = bo;
        this.held = held;
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
        return evict != null && !evict.succeeded();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
