package dev.fenceline.simulator.workload;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.KernelMapping;
import dev.fenceline.simulator.ttm.Validate;
import org.jspecify.annotations.Nullable;

/** A cursor image that the kernel draws into: pinned for as long as the kernel has a pointer to it. */
public final class Cursor {
    /** The kernel keeps a pointer into a BO that it did not pin (rule A-T13). */
    public static final Deviation MAPS_UNPINNED = new Deviation("vmap-without-pin", 40);

    private static final long IMAGE_BYTES = 64 * 64 * 4;

    private final Bo bo;
    private @Nullable KernelMapping mapping;
    private boolean pinned;

    Cursor(Bo bo) {
        this.bo = bo;
    }

    /** Draws the image of a frame, if it is mapped. */
    void draw() {
        if (mapping != null) {
            mapping.access(0, IMAGE_BYTES, true);
        }
    }

    /** Ends the mapping, if there is one, and makes a new one. */
    Call remap() {
        return new Remap(this);
    }

    private void unmap() {
        if (mapping != null) {
            mapping.unmap();
            mapping = null;
            if (pinned) {
                bo.unpin();
            }
        }
    }

    private void map(Kernel kernel) {
        pinned = !kernel.deviates(MAPS_UNPINNED);
        if (pinned) {
            bo.pin();
        }
        mapping = KernelMapping.vmap(bo);
    }

    /** drm_gem.c:drm_gem_vunmap and drm_gem_vmap, with the pin that makes them last. */
    private static final class Remap extends Call {
        private static final Path<Remap> PATH = Path.<Remap>named("drm_gem_vmap")
                .call(remap -> new LockResv(remap.cursor.bo.resv()))
                .run(remap -> remap.cursor.unmap())
                .call(remap -> remap.validate = new Validate(remap.cursor.bo, true, false))
                .when(
                        remap -> remap.validate != null && remap.validate.result() == 0,
                        there -> there.call(remap -> new ResvWait(remap.cursor.bo.resv(), Usage.KERNEL))
                                .run(remap -> remap.cursor.map(remap.kernel())))
                .run(remap -> remap.cursor.bo.resv().lock().release(remap.task()))
                .end();

        private final Cursor cursor;
        private @Nullable Validate validate;

        Remap(Cursor cursor) {
            this.cursor = cursor;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}
