package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Kernel;

/** The firmware of a GPU's primary GT, which stops answering requests now and then, until the GT is reset. */
final class Firmware {
    private static final long HANGS_AFTER_NS = 400_000_000;
    private static final long FIRST_NS = 40_000_000;
    private static final long NOTICED_NS = 60_000_000;

    private final Kernel kernel;
    private final Device device;
    private final Chance chance;
    private boolean noticed;

    private Firmware(World world) {
        this.kernel = world.kernel();
        this.device = world.device();
        this.chance = kernel.chanceOf("firmware");
    }

    /** From now on it hangs each 400 ms or so. */
    static void start(World world) {
        Firmware firmware = new Firmware(world);
        firmware.kernel.agenda().after(FIRST_NS, firmware::hang);
    }

    /** Every second time somebody else notices first, as all calls to the firmware time out. */
    private void hang() {
        device.tlbs().get(0).hang();
        if (noticed) {
            kernel.agenda().after(NOTICED_NS, () -> device.reset().request());
        }
        noticed = !noticed;
        kernel.agenda().after(chance.around(HANGS_AFTER_NS), this::hang);
    }
}
