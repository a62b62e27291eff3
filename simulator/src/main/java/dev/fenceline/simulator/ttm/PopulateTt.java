package dev.fenceline.simulator.ttm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** ttm_bo.c:ttm_bo_populate: gets the BO its pages, under its reservation; others are swapped out while TTM has too many. */
final class PopulateTt extends Call {
    private static final Path<PopulateTt> PATH = Path.<PopulateTt>named("ttm_bo_populate")
            .repeat(full -> full.leaveIf(PopulateTt::isWithinLimit)
                    .call(populate -> populate.swapout = SwapOut.toShmem(populate.bo.device(), populate.bo.resv())))
            .spend(populate -> populate.kernel().costs().stepNs())
            .run(populate -> populate.bo.populateTt())
            .end();

    private final Bo bo;
    private @Nullable SwapOut swapout;

    PopulateTt(Bo bo) {
        this.bo = bo;
    }

    /** What nobody can give is not waited for: {@code ttm_pages_limit} is no hard limit. */
    private boolean isWithinLimit() {
        return !bo.device().exceedsPagesLimit(bo.pages()) || (swapout != null && !swapout.succeeded());
    }

    /** Whether {@code bo} has no pages although it is to lie in {@code to}. */
    static boolean isNeeded(Bo bo, Resource to) {
        Tt tt = bo.tt();
        return to.isSystemMemory() && (tt == null || !tt.isPopulated());
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
