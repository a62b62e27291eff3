package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.FenceKind;

/** What one ring runs in the order it was given: work behind a piece of it needs no wait for that piece. */
public final class RingOrder {
    private RingOrder() {}

    /**
     * Whether the ring of that scheduler runs the work behind the fence before anything that it is given from now on. The
     * scheduler then waits for {@code scheduled} in place of {@code finished}:
     * sched_entity.c:drm_sched_entity_add_dependency_cb.
     */
    public static boolean isOrderedBefore(Fence fence, long ring, KernelState state) {
        Job earlier = state.schedulers().jobOfFinished(fence.id);
        if (earlier == null) {
            return ring != Event.ABSENT && fence.scheduler == ring && fence.kind != FenceKind.FINISHED;
        }
        // With an error the finished fence is waited for after all.
        boolean scheduled = earlier.hasRun() || isSignalled(earlier.scheduled(), state);
        long its = earlier.scheduler != Event.ABSENT ? earlier.scheduler : fence.scheduler;
        return ring != Event.ABSENT && its == ring && scheduled && earlier.errorSeq == 0;
    }

    private static boolean isSignalled(long fence, KernelState state) {
        Fence known = state.fences().fence(fence);
        return known != null && state.fences().isComplete(known);
    }
}
