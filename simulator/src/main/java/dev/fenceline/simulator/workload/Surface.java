package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.sync.SyncFile;
import dev.fenceline.simulator.ttm.Bo;
import org.jspecify.annotations.Nullable;

/** What a client gives the compositor to show: a buffer, and the fence of what it drew into it last. */
final class Surface {
    private final Kernel kernel;
    private final UserProcess owner;
    private final Bo bo;
    private @Nullable SyncFile acquire;

    /** A surface that nothing was drawn into; holds a reference to {@code bo}. */
    Surface(Kernel kernel, UserProcess owner, Bo bo) {
        this.kernel = kernel;
        this.owner = owner;
        this.bo = bo.get();
    }

    Bo bo() {
        return bo;
    }

    UserProcess owner() {
        return owner;
    }

    /** The client commits what is drawn when {@code drawn} signals; the reference goes with it. */
    void commit(DmaFence drawn) {
        SyncFile before = acquire;
        acquire = new SyncFile(kernel, drawn, owner.name());
        drawn.put();
        if (before != null) {
            before.release();
        }
    }

    /** What the compositor has to wait for, or null if the surface is empty. */
    @Nullable DmaFence acquireFence() {
        return acquire == null ? null : acquire.fence();
    }
}
