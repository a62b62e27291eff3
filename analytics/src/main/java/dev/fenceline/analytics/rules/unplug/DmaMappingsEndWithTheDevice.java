package dev.fenceline.analytics.rules.unplug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DeviceUnbind;
import dev.fenceline.event.IommuGroupLeave;
import dev.fenceline.event.Severity;

/** A-U05: no DMA mapping survives the IOMMU group leave. */
public final class DmaMappingsEndWithTheDevice {
    public static final Rule RULE = Rule.named("A-U05", "dma-mappings-end-with-the-device")
            .severity(Severity.CRITICAL)
            .states(
                    "Before a device leaves its IOMMU group or its driver is unbound, all its DMA mappings are gone: those of BOs that "
                            + "are pinned, too, and those of buffers that it imported.")
            .why(
                    "The domain goes with the group: an unmap that comes later works on freed page tables, and what is never unmapped "
                            + "leaves memory open to whoever gets the domain next.")
            .source("ttm_device.c:ttm_device_clear_dma_mappings, amdgpu_device.c:amdgpu_device_fini_hw, "
                    + "iommu.c:iommu_release_device; the DMA API's \"device driver has pending DMA allocations while released from "
                    + "device\"; thread 002")
            .advice(
                    "Clear the DMA mappings of all BOs, on the LRUs and off them, while the device is still in its group.")
            .needs(Stream.DEV, Stream.DMA)
            .before(
                    IommuGroupLeave.class,
                    (leave, state, report) -> judge(leave.device(), "IOMMU group left", state, report))
            .before(
                    DeviceUnbind.class,
                    (unbind, state, report) -> judge(unbind.device(), "driver unbound", state, report))
            .build();

    private DmaMappingsEndWithTheDevice() {}

    private static void judge(long device, String what, KernelState state, Report report) {
        int left = state.dmaMappings().count(device);
        if (left == 0) {
            return;
        }
        long first = state.dmaMappings().firstSeq(device);
        report.violation("device=" + device)
                .since(first)
                .witness("mapped", first)
                .witness(what, report.event().seq())
                .says("Device " + device + " goes with " + left + " DMA mapping" + (left == 1 ? "" : "s") + " left.");
    }
}
