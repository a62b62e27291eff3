package dev.fenceline.analytics.rules.unplug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.DmaBuf;
import dev.fenceline.analytics.state.KernelMapping;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Removal;
import dev.fenceline.analytics.state.RemovalStep;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.CpuAccess;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** A-U09: no dereference of a kernel vmap of the device after UNPLUG unpopulate. */
public final class VmapOfGoneDeviceIsLeftAlone {
    public static final Rule RULE = Rule.named("A-U09", "vmap-of-gone-device-is-left-alone")
            .severity(Severity.CRITICAL)
            .states(
                    "Once the removal of a device gave back the pages of a BO, or unmapped the registers and with them VRAM, nobody "
                            + "accesses the BO through a mapping that the kernel made before, not even another driver through a dma-buf.")
            .why(
                    "There is no fault handler for mappings of the kernel: the access reads or writes memory that is somebody else's, or "
                            + "is a BUG.")
            .source(
                    "ttm_bo_util.c:ttm_bo_vmap (no section, no notifier), ttm_device.c:ttm_device_clear_lru_dma_mappings; thread 002 "
                            + "(\"kernel vmaps of dma-buf are very long-lived\")")
            .advice("Access inside a drm_dev_enter section of the exporter, or map anew for each access.")
            .needs(Stream.DEV, Stream.KMAP, Stream.TT)
            .before(CpuAccess.class, VmapOfGoneDeviceIsLeftAlone::judge)
            .build();

    private VmapOfGoneDeviceIsLeftAlone() {}

    private static void judge(CpuAccess access, KernelState state, Report report) {
        if (!access.hasMapping()) {
            return;
        }
        KernelMapping mapping = state.cpuMappings().kernelMapping(access.mapping());
        DmaBuf dmabuf = state.dmaBufs().dmaBuf(access.dmabuf());
        boolean shared = dmabuf != null && dmabuf.vmapping() == access.mapping();
        if (mapping == null && !shared) {
            return;
        }
        long mapped = shared && dmabuf != null ? dmabuf.vmapSeq() : mapping == null ? 0 : mapping.mapSeq();
        long shown = mapping != null && mapping.bo() != Event.ABSENT
                ? mapping.bo()
                : dmabuf == null ? access.bo() : dmabuf.bo();
        BufferObject bo = state.buffers().bo(shown);
        Removal removal = bo == null ? null : state.removals().removal(bo.device());
        if (bo == null || removal == null) {
            return;
        }
        boolean iomem = mapping != null && mapping.isIomem();
        long gone = iomem ? removal.seq(RemovalStep.MMIO_UNMAP) : pagesGoneSeq(bo, removal);
        if (gone > mapped && mapped > 0) {
            report.violation("mapping=" + access.mapping())
                    .since(mapped)
                    .since(bo.born())
                    .witness("mapped", mapped)
                    .witness(iomem ? "registers and VRAM unmapped" : "pages given back", gone)
                    .witness("accessed", access.seq())
                    .says("The kernel accesses BO " + bo.id() + " of device " + removal.id()
                            + ", which is unplugged, through mapping " + access.mapping() + " of memory that is gone.");
        }
    }

    /** The seq at which the removal gave the pages back; 0 if it did not, or they are the exporter's. */
    private static long pagesGoneSeq(BufferObject bo, Removal removal) {
        long unpopulated = removal.seq(RemovalStep.UNPOPULATE);
        boolean byRemoval = unpopulated > 0 && bo.pagesGoneSeq() >= unpopulated;
        return byRemoval ? bo.pagesGoneSeq() : 0;
    }
}
