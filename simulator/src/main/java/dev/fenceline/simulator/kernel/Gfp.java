package dev.fenceline.simulator.kernel;

import dev.fenceline.event.GfpFlag;
import java.util.EnumSet;
import java.util.Set;

/** How far an allocation may go to get memory. */
public enum Gfp {
    /** May do whatever reclaim does: call notifiers and shrinkers, and wait for fences. */
    KERNEL(GfpFlag.KERNEL, true),
    /** As {@link #KERNEL}, for pages of a process. */
    HIGHUSER(GfpFlag.HIGHUSER, true),
    /** Starts no file system operation, but may call notifiers: not enough where a fence depends on it. */
    NOFS(GfpFlag.NOFS, true),
    /** Takes what is free or fails. */
    NOWAIT(GfpFlag.NOWAIT, false);

    private final GfpFlag flag;
    private final boolean reclaims;

    Gfp(GfpFlag flag, boolean reclaims) {
        this.flag = flag;
        this.reclaims = reclaims;
    }

    /** Whether direct reclaim is allowed. */
    public boolean reclaims() {
        return reclaims;
    }

    Set<GfpFlag> recorded() {
        return reclaims ? EnumSet.of(flag, GfpFlag.DIRECT_RECLAIM) : EnumSet.of(flag);
    }
}
