package dev.fenceline.analytics.rules.access;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SectionStack;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.BoAccess;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** T11: VRAM is reached only through a device that is there and awake. */
public final class VramAccessNeedsAwakeDevice {
    public static final Rule RULE = Rule.named("T11", "vram-access-needs-awake-device")
            .severity(Severity.ERROR)
            .states(
                    "A BO is reached through the device (aperture, registers, engine) only while the device is bound and awake.")
            .why(
                    "A device that is gone or asleep answers with all ones, or not at all: the CPU stalls or the copy is invented.")
            .source("amdgpu_ttm.c:amdgpu_ttm_access_memory (drm_dev_enter, else -ENODEV); xe_bo.c:xe_ttm_access_memory "
                    + "(xe_device_assert_mem_access); threads 000 and 002")
            .advice("Enter the device and take a runtime-PM reference around the access; refuse it if either fails.")
            .needs(Stream.ACCESS, Stream.DEVICE)
            .before(BoAccess.class, VramAccessNeedsAwakeDevice::judge)
            .build();

    private VramAccessNeedsAwakeDevice() {}

    private static void judge(BoAccess access, KernelState state, Report report) {
        boolean throughDevice = switch (access.path()) {
            case IOMEM, GPU_COPY, SDMA, MMIO -> true;
            case KMAP, NONE, UNKNOWN -> false;
        };
        if (!throughDevice || (access.hasResult() && access.result() < 0)) {
            return;
        }
        BufferObject bo = state.buffers().bo(access.bo());
        long device = state.resources().deviceOf(bo);
        if (device == Event.ABSENT && state.devices().size() > 0) {
            report.unknown("it is not known which device BO {} belongs to", access.bo());
            return;
        }
        long unplugged = state.devices().unpluggedSince(device);
        long suspended = state.devices().suspendedSince(device);
        boolean gone = unplugged > 0 && !isInsideSince(access.tid(), device, unplugged, state);
        if (gone || suspended > 0) {
            report.violation("bo=" + access.bo())
                    .since(bo == null ? access.seq() : bo.born())
                    .since(gone ? unplugged : suspended)
                    .witness(gone ? "device gone" : "device suspended", gone ? unplugged : suspended)
                    .witness("accessed through the device", access.seq())
                    .says("BO " + access.bo() + " is accessed through a device that is "
                            + (gone ? "gone." : "suspended."));
        }
    }

    /** Whether the thread entered the device before it was unplugged, and the unplug still waits for it. */
    private static boolean isInsideSince(long tid, long device, long unplugged, KernelState state) {
        ThreadSections thread = state.threads().thread(tid);
        SectionStack entered = thread == null ? null : thread.devices();
        for (int i = 0; entered != null && i < entered.depth(); i++) {
            boolean same = entered.subject(i) == device || entered.subject(i) == Event.ABSENT;
            if (same && entered.seq(i) < unplugged && !state.devices().isUnplugged(device)) {
                return true;
            }
        }
        return false;
    }
}
