package dev.fenceline.simulator;

import dev.fenceline.simulator.drm.Client;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.RemoveDevice;
import dev.fenceline.simulator.kernel.Modules;
import dev.fenceline.simulator.sched.Ring;
import dev.fenceline.simulator.ttm.CpuFault;
import dev.fenceline.simulator.ttm.Tt;
import dev.fenceline.simulator.ttm.VramSection;
import dev.fenceline.simulator.unplug.DrmDevice;
import dev.fenceline.simulator.workload.Console;
import java.util.List;

/** The ways in which devices that go break A-U01 to A-U10, and T11. */
final class UnplugFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    DrmDevice.TOUCHES_OUTSIDE,
                    "A-U01",
                    "A doorbell is rung, or a register read, without asking whether the device is there.",
                    UnplugScenarios.EGPU_PULLED_OUT,
                    UnplugScenarios.EGPU_PULLED_OUT_BACK,
                    UnplugScenarios.DRIVER_UNBOUND),
            Fault.of(
                            Ioctl.RETURNS_INSIDE,
                            "A-U02",
                            "An ioctl returns to user space with a section of the device open.",
                            UnplugScenarios.EGPU_PULLED_OUT,
                            UnplugScenarios.EGPU_PULLED_OUT_BACK,
                            UnplugScenarios.DRIVER_UNBOUND)
                    .alsoBreaks("A-F07", "A-U03"),
            Fault.of(
                            CpuFault.WAITS_IN_SECTION,
                            "A-U03",
                            "A CPU fault waits in its section for a clear that a card without a slot will never do, and the removal that would "
                                    + "fail the clear waits for the section.",
                            UnplugScenarios.EGPU_PULLED_OUT,
                            UnplugScenarios.EGPU_PULLED_OUT_BACK)
                    .alsoBreaks("A-F07"),
            Fault.of(
                    RemoveDevice.KEEPS_USER_PTES,
                    "A-U04",
                    "Page table entries of processes still lead to a device that is gone.",
                    UnplugScenarios.EGPU_PULLED_OUT,
                    UnplugScenarios.EGPU_PULLED_OUT_BACK,
                    UnplugScenarios.DRIVER_UNBOUND),
            Fault.of(
                    CpuFault.KILLS_AFTER_UNPLUG,
                    "A-U04",
                    "A process that looks at its canvas after an unplug is killed with SIGBUS.",
                    UnplugScenarios.EGPU_PULLED_OUT,
                    UnplugScenarios.EGPU_PULLED_OUT_BACK,
                    UnplugScenarios.DRIVER_UNBOUND),
            Fault.of(
                    Tt.UNPLUG_SKIPS_PINNED,
                    "A-U05",
                    "A buffer that is pinned for another device keeps its DMA mapping when its own device leaves the IOMMU group.",
                    UnplugScenarios.EGPU_PULLED_OUT,
                    UnplugScenarios.EGPU_PULLED_OUT_BACK),
            Fault.of(
                    RemoveDevice.FREES_BEFORE_STOP,
                    "A-U06",
                    "The pages of all BOs go back while the engines can still write to them.",
                    UnplugScenarios.DRIVER_UNBOUND),
            Fault.of(
                    RemoveDevice.STOPS_BEFORE_SYNC,
                    "A-U06",
                    "The engines are stopped before everybody has left their sections.",
                    UnplugScenarios.EGPU_PULLED_OUT,
                    UnplugScenarios.EGPU_PULLED_OUT_BACK,
                    UnplugScenarios.DRIVER_UNBOUND),
            Fault.of(
                            RemoveDevice.FORGETS_FENCES,
                            "A-U07",
                            "Nobody completes what was submitted to a device that is gone.",
                            UnplugScenarios.EGPU_PULLED_OUT,
                            UnplugScenarios.EGPU_PULLED_OUT_BACK)
                    .alsoBreaks("A-F07"),
            Fault.of(
                    Ring.FORCES_WITHOUT_ERROR,
                    "A-U07",
                    "The removal completes a fence whose work was never done, and sets no error.",
                    UnplugScenarios.EGPU_PULLED_OUT,
                    UnplugScenarios.EGPU_PULLED_OUT_BACK),
            Fault.of(
                    RemoveDevice.FREES_WITH_DRIVER,
                    "A-U08",
                    "The drm_device is freed when its driver goes, although files of it are open and its buffers are in use elsewhere.",
                    UnplugScenarios.EGPU_PULLED_OUT,
                    UnplugScenarios.EGPU_PULLED_OUT_BACK,
                    UnplugScenarios.DRIVER_UNBOUND),
            Fault.of(
                            Modules.Holder.DMA_BUF.unheeded(),
                            "A-U08",
                            "A dma-buf is exported without an owner: the module that unmaps and releases it goes before it.",
                            UnplugScenarios.DRIVER_RELOADED)
                    .alsoBreaks("A-F13", "A-F14"),
            Fault.of(
                            Modules.Holder.OPEN_FILE.unheeded(),
                            "A-U08",
                            "The file operations of a driver have no owner: its module goes while a file of a device that is gone is open.",
                            UnplugScenarios.DRIVER_RELOADED)
                    .alsoBreaks("A-F13", "A-F14"),
            Fault.of(
                            Console.WRITES_TO_DEAD,
                            "A-U09",
                            "The console writes to its frame buffer after the removal gave its pages back.",
                            UnplugScenarios.EGPU_PULLED_OUT,
                            UnplugScenarios.EGPU_PULLED_OUT_BACK,
                            UnplugScenarios.DRIVER_UNBOUND)
                    .alsoBreaks("A-T13"),
            Fault.of(
                            Client.SKIPS_UNPLUG_CHECK,
                            "A-U10",
                            "An ioctl on a file of a device that is gone does what it did before.",
                            UnplugScenarios.EGPU_PULLED_OUT,
                            UnplugScenarios.EGPU_PULLED_OUT_BACK,
                            UnplugScenarios.DRIVER_UNBOUND)
                    // It may submit a job to a scheduler that is gone.
                    .alsoBreaks("A-F07", "A-S02", "A-S10"),
            Fault.of(
                    Client.OPENS_DEAD,
                    "A-U10",
                    "A device that is gone can be opened.",
                    UnplugScenarios.EGPU_PULLED_OUT,
                    UnplugScenarios.EGPU_PULLED_OUT_BACK,
                    UnplugScenarios.DRIVER_UNBOUND),
            Fault.of(
                    VramSection.SKIPPED,
                    "T11",
                    "A debugger reads a buffer in the VRAM of a device that is gone, through the mapping of its program.",
                    UnplugScenarios.MEMORY_READ_THROUGH_UNBIND));

    private UnplugFaults() {}
}
