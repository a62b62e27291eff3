package dev.fenceline.simulator.workload;

import dev.fenceline.event.QuiesceKind;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.RemoveDevice;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** The slot of a GPU: it is pulled out, or its driver is unbound, and comes back a while later; more than once. */
final class Unplugger extends Call {
    private static final long FIRST_NS = 160_000_000;
    private static final long AWAY_NS = 90_000_000;
    private static final long STAYS_NS = 110_000_000;

    /** How long a port waits before it believes that a card is gone (pciehp_hpc.c:pciehp_ist, debounced), in ns. */
    private static final long DEBOUNCE_NS = 25_000_000;

    private static final Path<Unplugger> PATH = Path.<Unplugger>named("pciehp_ist")
            .sleep(slot -> FIRST_NS)
            .repeat(each -> each.when(
                            slot -> slot.how == QuiesceKind.SURPRISE,
                            pulled -> pulled.run(slot -> slot.device().vanish()).sleep(slot -> DEBOUNCE_NS))
                    .call(slot -> new RemoveDevice(slot.device(), slot.how))
                    .sleep(slot -> AWAY_NS)
                    .run(slot -> slot.world.plugIn(slot.number))
                    .sleep(slot -> STAYS_NS))
            .end();

    private final World world;
    private final int number;
    private final QuiesceKind how;

    Unplugger(World world, int number, QuiesceKind how) {
        this.world = world;
        this.number = number;
        this.how = how;
    }

    private Device device() {
        return world.devices().get(number);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
