package dev.fenceline.analytics.rules;

import dev.fenceline.event.GfpFlag;
import dev.fenceline.event.MemAlloc;
import java.util.Set;

/** What the flags of an allocation permit. */
public final class Gfp {
    private Gfp() {}

    /**
     * Whether the allocation may reclaim memory before it returns, and so call shrinkers and MMU notifiers that wait for
     * fences. GFP_NOFS and GFP_NOIO may: they keep only file systems and block devices out. False if the flags are not
     * stated.
     */
    public static boolean mayReclaim(MemAlloc alloc) {
        Set<GfpFlag> flags = alloc.gfp();
        if (flags == null) {
            return false;
        }
        for (GfpFlag flag : flags) {
            switch (flag) {
                case KERNEL, HIGHUSER, NOFS, NOIO, DIRECT_RECLAIM -> {
                    return true;
                }
                case UNKNOWN, ATOMIC, NOWAIT, KSWAPD_RECLAIM, NOFAIL, NORETRY, ZERO, ACCOUNT, NOWARN -> {}
            }
        }
        return false;
    }
}
