package dev.fenceline.simulator.ttm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** ttm_bo_util.c:ttm_bo_kmap, where it gets the pages back that the BO lost to swap. */
public final class PopulateBo extends Call {
    private static final Path<PopulateBo> PATH = Path.<PopulateBo>named("ttm_bo_kmap_ttm")
            .call(call -> {
                Resource resource = call.bo.resource();
                return resource != null && PopulateTt.isNeeded(call.bo, resource) ? new PopulateTt(call.bo) : null;
            })
            .run(call -> call.bo.device().touch(call.bo))
            .end();

    private final Bo bo;

    /** Populates {@code bo}, whose reservation is locked, if it lies in system memory without pages. */
    public PopulateBo(Bo bo) {
        this.bo = bo;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
