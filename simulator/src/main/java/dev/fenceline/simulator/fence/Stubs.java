package dev.fenceline.simulator.fence;

import dev.fenceline.event.FenceKind;
import dev.fenceline.simulator.kernel.Kernel;

/** Fences that have always been signalled: all are 0:0, so that pair names none of them. */
public final class Stubs {
    private Stubs() {}

    /** {@code dma_fence_allocate_private_stub}, or the one that {@code dma_fence_get_stub} shares out; the reference is the caller's. */
    public static DmaFence create(Kernel kernel) {
        DmaFence stub = new Timeline(kernel, 0, "stub", "stub", FenceKind.STUB).at(0, null, null);
        stub.enableSignaling();
        stub.signal();
        return stub;
    }
}
