package dev.fenceline.simulator.driver;

import org.jspecify.annotations.Nullable;

/**
 * What the fences of a driver are called: the driver and timeline names that dma_fence tracepoints print.
 *
 * @param constantDriver what a hardware fence prints as its driver, or null if it prints the bus id of its device
 * @param copyRing the timeline of the copy engine
 * @param renderRing the timeline of the engine that jobs of user programs run on
 * @param preemptDriver the driver name of the fence that asks a queue off the hardware
 * @param preemptTimeline its timeline; null is the name of the process that owns it
 * @param tlbDriver the driver name of the fence of a TLB invalidation
 * @param tlbTimeline its timeline
 */
public record FenceNames(
        @Nullable String constantDriver,
        String copyRing,
        String renderRing,
        String preemptDriver,
        @Nullable String preemptTimeline,
        String tlbDriver,
        String tlbTimeline) {
    static final FenceNames XE_6_12 = new FenceNames(null, "bcs0", "ccs0", "xe", "preempt", "xe", "invalidation_fence");
    static final FenceNames XE_7_3 = new FenceNames(null, "bcs0", "ccs0", "xe", "preempt", "xe", "tlb_inval_fence");
    static final FenceNames AMDGPU_6_12 = new FenceNames(
            "amdgpu", "sdma0", "gfx_0.0.0", "amdgpu_amdkfd_fence", null, "amdgpu tlb fence", "amdgpu tlb fence");
    static final FenceNames AMDGPU_7_3 = new FenceNames(
            "amdgpu", "sdma0", "gfx_0.0.0", "amdgpu_eviction_fence", null, "amdgpu tlb fence", "amdgpu tlb fence");
    static final FenceNames I915 = new FenceNames(null, "bcs0", "rcs0", "[i915]", "preempt", "[i915]", "unbind");

    /** The driver name of a hardware fence of the device on {@code bus}. */
    public String driver(String bus) {
        return constantDriver == null ? bus : constantDriver;
    }
}
