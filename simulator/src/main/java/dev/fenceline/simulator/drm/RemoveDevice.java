package dev.fenceline.simulator.drm;

import dev.fenceline.event.DeviceBusmasterOff;
import dev.fenceline.event.DeviceMmioUnmap;
import dev.fenceline.event.DeviceQuiesce;
import dev.fenceline.event.DeviceUnbind;
import dev.fenceline.event.DeviceUnplugDone;
import dev.fenceline.event.DeviceUnplugSync;
import dev.fenceline.event.HardwareAccess;
import dev.fenceline.event.IommuGroupLeave;
import dev.fenceline.event.QuiesceKind;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;

/**
 * pci-driver.c:pci_device_remove: drm_drv.c:drm_dev_unplug, then what amdgpu_drv.c:amdgpu_pci_remove and amdgpu_device.c:
 * amdgpu_device_fini_hw do. What refers to the device keeps it; only the hardware is given up.
 *
 * <p>Ioctls that began before may still submit. The model waits until the schedulers have failed that, too, as the documentation asks for.
 */
public final class RemoveDevice extends Call {
    /** The page table entries of processes stay when a device goes (rule A-U04). */
    public static final Deviation KEEPS_USER_PTES = new Deviation("unplug-keeps-user-ptes");

    /** The pages go back while the engines still run (rule A-U06). */
    public static final Deviation FREES_BEFORE_STOP = new Deviation("pages-go-before-the-engines-stop");

    /** The engines are stopped under those who are still in a section (rule A-U06). */
    public static final Deviation STOPS_BEFORE_SYNC = new Deviation("engines-stop-before-sections-are-left");

    /** What was submitted and not done is forgotten: nobody completes its fences (rule A-U07). */
    public static final Deviation FORGETS_FENCES = new Deviation("removal-forgets-pending-fences");

    /** The device is freed when its driver goes, whoever refers to it: {@code devm_} in place of {@code drmm_} (rule A-U08). */
    public static final Deviation FREES_WITH_DRIVER = new Deviation("device-is-freed-with-its-driver");

    /** Memory of other devices stays mapped for a device that is gone (rule A-U05). */
    public static final Deviation KEEPS_IMPORTS = new Deviation("removal-leaves-imports-mapped", 4);

    /** How long the hardware takes to stop. Ours. */
    private static final long STOP_NS = 300_000;

    /** How long the workers are given that are queued when everything has failed. Ours. */
    private static final long FLUSH_NS = 400_000;

    private static final int QUIET_LOOKS = 2;

    private static final Path<RemoveDevice> PATH = Path.<RemoveDevice>named("pci_device_remove")
            .run(RemoveDevice::unplug)
            .await(
                    remove -> remove.device.drm().srcu().left(),
                    remove -> remove.device.drm().srcu().isQuiet(remove.before))
            .run(remove -> remove.kernel().emit(DeviceUnplugSync.builder().device(remove.device.id())))
            .spend(remove -> remove.kernel().costs().stepNs())
            .run(RemoveDevice::zap)
            .when(RemoveDevice::freesFirst, early -> early.run(RemoveDevice::clear))
            .spend(remove -> STOP_NS)
            .when(remove -> !remove.stopped, stop -> stop.run(RemoveDevice::stop))
            .spend(remove -> remove.kernel().costs().stepNs())
            .when(remove -> !remove.cleared, then -> then.run(RemoveDevice::clear))
            .call(remove -> remove.kernel().deviates(KEEPS_IMPORTS)
                    ? null
                    : remove.device.ttm().unmapImports())
            .spend(remove -> remove.kernel().costs().stepNs())
            .repeat(drain -> drain.sleep(remove -> FLUSH_NS)
                    .run(RemoveDevice::look)
                    .leaveIf(remove -> remove.forgets || remove.quietLooks == QUIET_LOOKS))
            .run(RemoveDevice::leaveBus)
            .run(RemoveDevice::unbind)
            .end();

    private final Device device;
    private final QuiesceKind how;
    private int before;
    private boolean stopped;
    private boolean cleared;
    private boolean forgets;
    private int quietLooks;

    /** Removes {@code device}: its driver is unbound in order, or it is gone already. */
    public RemoveDevice(Device device, QuiesceKind how) {
        this.device = device;
        this.how = how;
    }

    private void unplug() {
        device.drm().setUnplugged();
        before = device.drm().srcu().flip();
        if (kernel().deviates(STOPS_BEFORE_SYNC)) {
            stop();
        }
    }

    private void zap() {
        if (!kernel().deviates(KEEPS_USER_PTES)) {
            device.ttm().zapUserMappings();
        }
        kernel().emit(DeviceUnplugDone.builder().device(device.id()));
    }

    private boolean freesFirst() {
        return how == QuiesceKind.ORDERLY && kernel().deviates(FREES_BEFORE_STOP);
    }

    /** {@code amdgpu_fence_driver_hw_fini} and what comes before it. */
    private void stop() {
        stopped = true;
        if (how == QuiesceKind.ORDERLY) {
            device.drm().touchToRemove(HardwareAccess.MMIO);
        }
        forgets = kernel().deviates(FORGETS_FENCES);
        if (forgets) {
            device.vanish();
        } else {
            device.stop();
        }
        kernel().emit(DeviceQuiesce.builder().device(device.id()).how(how));
    }

    private void clear() {
        cleared = true;
        device.ttm().clearDmaMappings();
    }

    private void look() {
        quietLooks = device.isDrained() ? quietLooks + 1 : 0;
    }

    /** Registers are unmapped only of a device that is gone ({@code amdgpu_device_unmap_mmio}); bus mastering goes last. */
    private void leaveBus() {
        if (how == QuiesceKind.SURPRISE) {
            kernel().emit(DeviceMmioUnmap.builder().device(device.id()));
        }
        kernel().emit(DeviceBusmasterOff.builder().device(device.id()));
        kernel().emit(IommuGroupLeave.builder().device(device.id()).group(device.minor()));
    }

    /** What {@code devm_} actions do: the copy engine gives up its entity, and with it the fence of its last job. */
    private void unbind() {
        if (!forgets) {
            device.ttm().fini();
        }
        kernel().emit(DeviceUnbind.builder()
                .device(device.id())
                .minor(device.minor())
                .driver(device.variant().driver())
                .bus(device.bus()));
        if (kernel().deviates(FREES_WITH_DRIVER)) {
            device.drm().release();
        }
        device.drm().put("driver");
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
