package dev.fenceline.analytics.rules.unplug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Devices;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Removal;
import dev.fenceline.analytics.state.RemovalStep;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.DeviceHwAccess;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** A-U01: hardware is touched only inside a drm_dev_enter section. */
public final class HardwareIsTouchedInSections {
    public static final Rule RULE = Rule.named("A-U01", "hardware-is-touched-in-sections")
            .severity(Severity.CRITICAL)
            .states(
                    "Once a device is registered, its registers, doorbells and DMA engines are touched only between drm_dev_enter "
                            + "and drm_dev_exit for it. When those sections are over, only the thread that removes it touches it, until its "
                            + "registers are unmapped.")
            .why(
                    "The device may be gone: reads give all ones, and an access to a mapping that was taken down is an oops.")
            .source("drm_drv.c:drm_dev_enter, drm_dev_unplug, DOC: driver instance overview; "
                    + "amdgpu_device.c:amdgpu_device_fini_hw; thread 002")
            .advice("Put the access between drm_dev_enter and drm_dev_exit, and skip it where drm_dev_enter says no.")
            .needs(Stream.DEV, Stream.HW)
            .before(DeviceHwAccess.class, HardwareIsTouchedInSections::judge)
            .build();

    private HardwareIsTouchedInSections() {}

    private static void judge(DeviceHwAccess access, KernelState state, Report report) {
        Devices.Device device = state.devices().device(access.device());
        long id = device == null ? access.device() : device.id();
        if (id == Event.ABSENT) {
            report.unknown("it is not known which device is touched");
            return;
        }
        // Probing a device needs no section: nobody else knows of it yet.
        if (!state.ledger().isFragment() && (device == null || device.registerSeq() == 0)) {
            return;
        }
        Removal removal = state.removals().removal(id);
        long unmapped = removal == null ? 0 : removal.seq(RemovalStep.MMIO_UNMAP);
        if (unmapped > 0) {
            report.violation("device=" + id + " unmapped")
                    .since(unmapped)
                    .witness("registers unmapped", unmapped)
                    .witness("touched", access.seq())
                    .says("Device " + id + " is touched (" + access.what() + ") after its registers were unmapped.");
            return;
        }
        if (removal != null && removal.removerTid() == access.tid()) {
            return;
        }
        long synced = removal == null ? 0 : removal.seq(RemovalStep.SYNC);
        long section = sectionSeq(state.threads().thread(access.tid()), id);
        if (section > 0 && synced == 0) {
            return;
        }
        if (section == 0 && synced == 0 && state.devices().mayBe("amdgpu", id)) {
            report.violation("device=" + id + " thread=" + access.tid() + " of amdgpu")
                    .severity(Severity.WARN)
                    .since(0)
                    .witness("touched", access.seq())
                    .says(
                            "Known exception: amdgpu reads and writes registers, and handles interrupts, without a drm_dev_enter section; "
                                    + "device " + id + " is touched (" + access.what() + ") in none.");
            return;
        }
        // Without a section the finding rests on the enter that is not there, which is to say on all of the recording.
        report.violation("device=" + id + " thread=" + access.tid())
                .since(section)
                .witness("section entered", section)
                .witness("no section is left", synced)
                .witness("touched", access.seq())
                .says("Device " + id + " is touched (" + access.what() + ") "
                        + (section > 0 ? "in a section that should be over." : "outside a drm_dev_enter section."));
    }

    private static long sectionSeq(@Nullable ThreadSections thread, long device) {
        if (thread == null) {
            return 0;
        }
        int i = thread.devices().indexOf(device);
        i = i >= 0 ? i : thread.devices().indexOf(Event.ABSENT);
        return i < 0 ? 0 : thread.devices().seq(i);
    }
}
