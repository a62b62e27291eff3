package dev.fenceline.simulator.ttm;

import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.unplug.DrmDevice;

/**
 * The section of a device ({@code drm_dev_enter}) in which a debugger's access reaches its VRAM; it is left for waits that may need the
 * removal.
 *
 * <p>amdgpu has one around the copy of its engine (amdgpu_ttm.c:amdgpu_ttm_access_memory_sdma) and around its window registers
 * (amdgpu_device.c:amdgpu_device_mm_access). Here the aperture is reached in one, too, and xe's VRAM, of which xe_bo.c:xe_ttm_access_memory
 * asks only that the device is awake.
 */
public final class VramSection {
    /** VRAM is reached without asking whether the device is there (rule T11). */
    public static final Deviation SKIPPED = new Deviation("vram-access-skips-device-section");

    private final Kernel kernel;
    private final DrmDevice drm;
    private int cookie = DrmDevice.NOT_ENTERED;
    private boolean skipped;

    /** No section yet, of the device that {@code bo} belongs to. */
    public VramSection(Bo bo) {
        this.kernel = bo.device().kernel();
        this.drm = bo.device().drm();
    }

    /** Whether the access may reach VRAM: false if the device is gone. */
    public boolean enter() {
        skipped |= drm.isUnplugged() && kernel.deviates(SKIPPED);
        if (!skipped) {
            cookie = drm.enter();
        }
        return skipped || cookie != DrmDevice.NOT_ENTERED;
    }

    /** Leaves the section, if one was entered. */
    public void exit() {
        if (cookie != DrmDevice.NOT_ENTERED) {
            drm.exit(cookie);
            cookie = DrmDevice.NOT_ENTERED;
        }
    }
}
