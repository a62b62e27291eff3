package dev.fenceline.simulator.workload;

import dev.fenceline.event.Placement;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.CreateBo;
import dev.fenceline.simulator.ttm.KernelMapping;
import dev.fenceline.simulator.unplug.DrmDevice;
import org.jspecify.annotations.Nullable;

/**
 * drm_fb_helper.c: the console of the kernel, which writes to a pinned frame buffer through a mapping that it made once. It keeps both for a
 * while when the device is gone, and writes only where drm_dev_enter lets it.
 */
public final class Console extends Call {
    /** The console writes to its frame buffer without asking whether the device is there (rule A-U09). */
    public static final Deviation WRITES_TO_DEAD = new Deviation("console-writes-to-unplugged-device", 10);

    private static final String HOLDER = "fbdev";
    private static final long BYTES = 128L << 10;
    private static final long LINE_BYTES = 4096;
    private static final long BLINK_NS = 4_000_000;
    private static final int BLINKS_AFTER = 12;

    private static final Path<Console> PATH = Path.<Console>named("drm_fb_helper_damage_work")
            .repeat(life -> life.repeat(gone -> gone.leaveIf(
                                    console -> !console.device().drm().isUnplugged())
                            .sleep(console -> BLINK_NS))
                    .run(Console::begin)
                    .call(Console::create)
                    .call(console -> new LockResv(console.bo().resv()))
                    .run(Console::map)
                    .run(Console::unlock)
                    .repeat(blink -> blink.sleep(console -> BLINK_NS)
                            .run(Console::write)
                            .leaveIf(console -> console.missed == BLINKS_AFTER))
                    .call(console -> new LockResv(console.bo().resv()))
                    .run(Console::unmap)
                    .run(Console::unlock)
                    .run(Console::end))
            .end();

    private final World world;
    private final int slot;
    private final Local<CreateBo> created = new Local<>();
    private @Nullable Device device;
    private @Nullable KernelMapping mapping;
    private int missed;

    /** The console of whatever is in that slot. */
    Console(World world, int slot) {
        this.world = world;
        this.slot = slot;
    }

    private Device device() {
        return device == null ? world.devices().get(slot) : device;
    }

    private void begin() {
        device = world.devices().get(slot);
        device().drm().get(HOLDER);
        missed = 0;
    }

    private Call create() {
        return created.set(new CreateBo(device().ttm(), BYTES, Placement.TT, false, 0, 0, null));
    }

    private Bo bo() {
        return created.get().bo();
    }

    private void map() {
        bo().pin();
        mapping = KernelMapping.vmap(bo());
    }

    private void write() {
        DrmDevice drm = device().drm();
        int section = drm.enter();
        boolean there = section != DrmDevice.NOT_ENTERED;
        if ((there || kernel().deviates(WRITES_TO_DEAD)) && mapping != null) {
            mapping.access(0, LINE_BYTES, true);
        }
        if (there) {
            drm.exit(section);
        } else {
            missed++;
        }
    }

    private void unmap() {
        if (mapping != null) {
            mapping.unmap();
        }
        bo().unpin();
    }

    private void end() {
        bo().put();
        device().drm().put(HOLDER);
        device = null;
    }

    private void unlock() {
        bo().resv().lock().release(task());
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
