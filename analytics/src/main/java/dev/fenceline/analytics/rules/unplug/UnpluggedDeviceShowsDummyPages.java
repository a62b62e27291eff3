package dev.fenceline.analytics.rules.unplug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Removal;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.UserPtes;
import dev.fenceline.event.CpuFault;
import dev.fenceline.event.CpuFaultResult;
import dev.fenceline.event.CpuPteInsert;
import dev.fenceline.event.DeviceUnplugDone;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** A-U04: after unplug there is no CPU PTE to the device, and faults give a dummy page. */
public final class UnpluggedDeviceShowsDummyPages {
    public static final Rule RULE = Rule.named("A-U04", "unplugged-device-shows-dummy-pages")
            .severity(Severity.CRITICAL)
            .states(
                    "When drm_dev_unplug is done, no process has a page table entry for a BO of the device; later faults map a dummy "
                            + "page, or fail for want of memory, and never kill with SIGBUS.")
            .why(
                    "The entry leads to a bus address where nothing, or something else, answers, or to pages that were given back; and a "
                            + "compositor must not die because a GPU was pulled out.")
            .source("drm_drv.c:drm_dev_unplug (unmap_mapping_range), ttm_bo_vm.c:ttm_bo_vm_dummy_page; "
                    + "Documentation/gpu/drm-uapi.rst, \"Requirements for Memory Maps\"; thread 002")
            .advice("Fault only inside a drm_dev_enter section, and map the dummy page where it cannot be entered.")
            .needs(Stream.CPTE, Stream.DEV)
            .before(DeviceUnplugDone.class, UnpluggedDeviceShowsDummyPages::judge)
            .before(CpuPteInsert.class, UnpluggedDeviceShowsDummyPages::judge)
            .before(CpuFault.class, UnpluggedDeviceShowsDummyPages::judge)
            .build();

    private UnpluggedDeviceShowsDummyPages() {}

    private static void judge(DeviceUnplugDone done, KernelState state, Report report) {
        UserPtes left = done.hasDevice() ? state.cpuMappings().userPtesOfDevice(done.device()) : null;
        if (left == null) {
            return;
        }
        BufferObject bo = state.buffers().bo(left.id());
        report.violation("bo=" + left.id())
                .since(left.firstSeq())
                .since(bo == null ? 0 : bo.born())
                .witness("entry inserted", left.firstSeq())
                .witness("unplug done", done.seq())
                .says("Device " + done.device() + " is unplugged, and a process still has a page table entry for BO "
                        + left.id() + ".");
    }

    private static void judge(CpuPteInsert insert, KernelState state, Report report) {
        if (insert.dummy()) {
            return;
        }
        BufferObject bo = insert.hasDevice() ? null : state.buffers().bo(insert.bo());
        Removal removal = state.removals().removal(bo == null ? insert.device() : bo.device());
        if (removal == null || removal.doneSeq() == 0) {
            return;
        }
        // What is not said to be the dummy page may be it, but never a page of VRAM.
        if (!insert.hasDummy() && !insert.hasVramPage() && !insert.hasPage()) {
            report.unknown("it is not known whether the page inserted for BO {} is the dummy page", insert.bo());
            return;
        }
        report.violation("bo=" + insert.bo())
                .since(removal.doneSeq())
                .since(bo == null ? insert.seq() : bo.born())
                .witness("unplug done", removal.doneSeq())
                .witness("entry inserted", insert.seq())
                .says("A process gets a page table entry for BO " + insert.bo() + " of device " + removal.id()
                        + ", which is unplugged.");
    }

    private static void judge(CpuFault fault, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(fault.bo());
        Removal removal = state.removals().removal(bo == null ? Event.ABSENT : bo.device());
        if (bo == null || removal == null || removal.doneSeq() == 0 || fault.result() != CpuFaultResult.SIGBUS) {
            return;
        }
        report.violation("bo=" + bo.id())
                .since(removal.doneSeq())
                .since(bo.born())
                .witness("unplug done", removal.doneSeq())
                .witness("killed by SIGBUS", fault.seq())
                .says("A process is killed because it touches BO " + bo.id() + " of device " + removal.id()
                        + ", which is unplugged.");
    }
}
