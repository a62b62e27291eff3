package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.fence.DmaResv;

/** Who takes the user-mode queues of a VM off the hardware before memory of it moves ({@code amdgpu_eviction_fence_mgr}). */
public interface EvictionGuard {
    /** {@code amdgpu_evf_mgr_attach_fence}: a BO under {@code resv}, which is locked and has a slot reserved, is mapped from now on. */
    void attach(DmaResv resv);
}
