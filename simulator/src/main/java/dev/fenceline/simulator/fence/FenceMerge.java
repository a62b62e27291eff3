package dev.fenceline.simulator.fence;

import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** dma-fence-unwrap.c:__dma_fence_unwrap_merge: one fence for several. */
public final class FenceMerge {
    /** The members of a merge are not opened first, so an array gets into an array (rule A-Y04). */
    public static final Deviation NESTS = new Deviation("merge-nests-arrays");

    private FenceMerge() {}

    /**
     * A fence that is done when both are: containers are opened, what is done is left out, and of several fences of a context the latest
     * stands for all.
     *
     * @return the reference is the caller's
     */
    public static DmaFence of(Kernel kernel, DmaFence one, DmaFence other) {
        boolean nests = isPendingArray(one) || isPendingArray(other);
        if (nests && kernel.deviates(NESTS)) {
            return FenceArray.create(kernel, List.of(one.get(), other.get()));
        }
        List<DmaFence> pending = new ArrayList<>(4);
        for (DmaFence container : List.of(one, other)) {
            for (DmaFence fence : FenceArray.unwrap(container)) {
                if (!fence.test()) {
                    keepLatest(pending, fence);
                }
            }
        }
        if (pending.isEmpty()) {
            return Stubs.create(kernel);
        }
        pending.sort(Comparator.comparingLong(DmaFence::context));
        pending.forEach(DmaFence::get);
        return pending.size() == 1 ? pending.get(0) : FenceArray.create(kernel, pending);
    }

    private static boolean isPendingArray(DmaFence fence) {
        return fence.ops() instanceof FenceArray && !fence.isSignaled();
    }

    private static void keepLatest(List<DmaFence> fences, DmaFence fence) {
        for (int i = 0; i < fences.size(); i++) {
            if (fence.isLaterOrSame(fences.get(i))) {
                fences.set(i, fence);
                return;
            }
            if (fences.get(i).isLaterOrSame(fence)) {
                return;
            }
        }
        fences.add(fence);
    }
}
