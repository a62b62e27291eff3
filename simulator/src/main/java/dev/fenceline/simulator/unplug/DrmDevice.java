package dev.fenceline.simulator.unplug;

import dev.fenceline.event.DeviceEnter;
import dev.fenceline.event.DeviceExit;
import dev.fenceline.event.DeviceGet;
import dev.fenceline.event.DeviceHwAccess;
import dev.fenceline.event.DevicePut;
import dev.fenceline.event.DeviceRelease;
import dev.fenceline.event.DeviceUnplugFlag;
import dev.fenceline.event.HardwareAccess;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.power.RuntimePm;
import org.jspecify.annotations.Nullable;

/**
 * A {@code drm_device}: there from its registration until nobody refers to it any more, which may be long after the hardware is gone.
 *
 * <p>On a host whose devices stay for good, nothing of it is recorded, and it costs next to nothing.
 */
public final class DrmDevice {
    /** A path touches the hardware without asking whether it is there (rule A-U01). */
    public static final Deviation TOUCHES_OUTSIDE = new Deviation("hardware-is-touched-outside-a-section");

    /** What {@link #enter} says when the device is unplugged. */
    public static final int NOT_ENTERED = -1;

    private final Kernel kernel;
    private final long id;
    private final @Nullable UnplugSrcu srcu;
    private final Runnable whenReleased;
    private final RuntimePm power;
    private int refs = 1;
    private boolean unplugged;
    private boolean released;

    /**
     * A device that is about to be registered, with the reference of its driver.
     *
     * @param srcu the domain of its sections; null if it stays for good
     * @param whenReleased runs when its memory goes
     */
    public DrmDevice(Kernel kernel, long id, @Nullable UnplugSrcu srcu, Runnable whenReleased) {
        this.kernel = kernel;
        this.id = id;
        this.srcu = srcu;
        this.whenReleased = whenReleased;
        this.power = new RuntimePm(kernel, id);
    }

    public long id() {
        return id;
    }

    /** Who keeps it awake. */
    public RuntimePm power() {
        return power;
    }

    /** Whether it may be unplugged, so that a recording tells of it. */
    public boolean isHotPluggable() {
        return srcu != null;
    }

    /** The domain of its sections. */
    public UnplugSrcu srcu() {
        if (srcu == null) {
            throw new IllegalStateException("device " + id + " stays for good");
        }
        return srcu;
    }

    /** {@code drm_dev_is_unplugged}, as the model sees it: nothing is recorded. */
    public boolean isUnplugged() {
        return unplugged;
    }

    /** Whether its memory is gone. */
    public boolean isReleased() {
        return released;
    }

    /** {@code drm_dev_is_unplugged}: a section of its own. */
    public boolean testUnplugged() {
        int cookie = enter();
        if (cookie != NOT_ENTERED) {
            exit(cookie);
        }
        return unplugged;
    }

    /** {@code drm_dev_enter}: the cookie for the exit, or {@link #NOT_ENTERED}. */
    public int enter() {
        if (srcu == null) {
            return 0;
        }
        int cookie = srcu.lock();
        if (unplugged) {
            srcu.unlock(cookie);
            kernel.emit(DeviceEnter.builder().device(id).cookie(cookie).result(false));
            return NOT_ENTERED;
        }
        kernel.emit(DeviceEnter.builder().device(id).cookie(cookie).result(true));
        return cookie;
    }

    /** {@code drm_dev_exit}. */
    public void exit(int cookie) {
        if (srcu != null) {
            kernel.emit(DeviceExit.builder().cookie(cookie));
            srcu.unlock(cookie);
        }
    }

    /** The driver touches the hardware, if it is there, in a section of its own. */
    public void touch(HardwareAccess what) {
        if (srcu == null) {
            return;
        }
        if (!unplugged && kernel.deviates(TOUCHES_OUTSIDE)) {
            recordTouch(what);
            return;
        }
        int cookie = enter();
        if (cookie != NOT_ENTERED) {
            recordTouch(what);
            exit(cookie);
        }
    }

    /** Who removes the device still programs it, without a section. */
    public void touchToRemove(HardwareAccess what) {
        recordTouch(what);
    }

    private void recordTouch(HardwareAccess what) {
        kernel.emit(DeviceHwAccess.builder().device(id).what(what));
    }

    /** The first step of {@code drm_dev_unplug}: from here no section is entered. */
    public void setUnplugged() {
        unplugged = true;
        kernel.emit(DeviceUnplugFlag.builder().device(id));
    }

    /** {@code drm_dev_get}. */
    public void get(String by) {
        if (srcu != null) {
            refs++;
            kernel.emit(DeviceGet.builder().device(id).by(by));
        }
    }

    /** {@code drm_dev_put}: the last one releases the device. */
    public void put(String by) {
        if (srcu != null) {
            kernel.emit(DevicePut.builder().device(id).by(by));
            if (--refs == 0) {
                release();
            }
        }
    }

    /** {@code drm_dev_release}: its memory, and all that {@code drmm_} actions free, is gone. */
    public void release() {
        if (!released) {
            released = true;
            kernel.emit(DeviceRelease.builder().device(id));
            whenReleased.run();
        }
    }
}
