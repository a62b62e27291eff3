package dev.fenceline.analytics.rules.info;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.Devices;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.CpuPteInsert;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** A-X03: no CPU mapping of non-visible VRAM. */
public final class CpuMapsVisibleVramOnly {
    private static final long PAGE_BYTES = 4096;

    public static final Rule RULE = Rule.named("A-X03", "cpu-maps-visible-vram-only")
            .severity(Severity.CRITICAL)
            .states(
                    "A CPU page-table entry leads to VRAM only where the whole page lies inside the aperture that the CPU can reach.")
            .why(
                    "Beyond the aperture the bus address belongs to something else: the CPU reads and writes the memory of another "
                            + "device or of nobody.")
            .source("amdgpu_object.c:amdgpu_bo_fault_reserve_notify, amdgpu_ttm.c:amdgpu_res_cpu_visible; thread 000")
            .advice("Move the BO into visible VRAM or system memory in the fault, or return SIGBUS if it is pinned.")
            .needs(Stream.CPTE, Stream.VIS)
            .parameter("page of VRAM", "4 KiB", "the event contract counts VRAM in pages of 4 KiB")
            .before(CpuPteInsert.class, CpuMapsVisibleVramOnly::judge)
            .build();

    private CpuMapsVisibleVramOnly() {}

    private static void judge(CpuPteInsert insert, KernelState state, Report report) {
        if (!insert.hasVramPage() || insert.dummy()) {
            return;
        }
        BufferObject bo = state.buffers().bo(insert.bo());
        long id = insert.hasDevice() || bo == null ? insert.device() : bo.device();
        Devices.Device device = state.devices().device(id);
        long visible = device == null ? Event.ABSENT : device.visibleBytes();
        if (visible == Event.ABSENT) {
            visible = state.session().visibleVramBytes();
        }
        if (visible == Event.ABSENT) {
            report.unknown("it is not known how much of the VRAM is visible that BO {} lies in", insert.bo());
            return;
        }
        // The page must lie inside as a whole.
        if (insert.vramPage() < visible / PAGE_BYTES) {
            return;
        }
        report.violation("bo=" + insert.bo() + " page=" + insert.vramPage())
                .since(device == null ? insert.seq() : device.vramSeq())
                .witness("aperture stated", device == null ? 0 : device.vramSeq())
                .witness("mapped for the CPU", insert.seq())
                .says("Page " + insert.vramPage() + " of VRAM is mapped for the CPU, which can reach only the first "
                        + visible / PAGE_BYTES + ".");
    }
}
