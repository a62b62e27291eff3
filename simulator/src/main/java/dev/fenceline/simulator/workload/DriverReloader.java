package dev.fenceline.simulator.workload;

import dev.fenceline.event.QuiesceKind;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.RemoveDevice;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** Unbinds the driver of the only GPU, removes its module as soon as that can be, and loads it again; over and over. */
final class DriverReloader extends Call {
    private static final long FIRST_NS = 100_000_000;
    private static final long AWAY_NS = 25_000_000;
    private static final long STAYS_NS = 40_000_000;

    /** How long the administrator waits before the next attempt. Ours. */
    private static final long EVERY_NS = 4_000_000;

    private static final Path<DriverReloader> PATH = Path.<DriverReloader>named("driver_reload")
            .sleep(admin -> FIRST_NS)
            .repeat(each -> each.call(admin -> new RemoveDevice(admin.device(), QuiesceKind.ORDERLY))
                    .call(admin -> new ModuleRemover(admin.world, 0, EVERY_NS))
                    .sleep(admin -> AWAY_NS)
                    .run(admin -> admin.world.load(0))
                    .sleep(admin -> STAYS_NS))
            .end();

    private final World world;

    DriverReloader(World world) {
        this.world = world;
    }

    private Device device() {
        return world.device();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
