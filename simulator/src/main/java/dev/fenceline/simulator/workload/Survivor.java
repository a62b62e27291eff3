package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.Client;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A program that outlives its GPU: gives back what it has when that is gone, late, and begins again when it is back. What it unmaps stays
 * until those who look at it have left.
 */
final class Survivor extends Call {
    private static final long LINGERS_NS = 8_000_000;
    private static final long LOOKS_NS = 5_000_000;
    private static final long FD = 40;

    private static final Path<Survivor> PATH = Path.<Survivor>named("survivor")
            .repeat(life -> life.repeat(gone -> gone.leaveIf(Survivor::isThere)
                            .run(program -> Client.openGone(
                                    program.kernel(), program.device(), program.process, FD + program.slot))
                            .sleep(program -> LOOKS_NS))
                    .run(Survivor::begin)
                    .call(program -> program.life())
                    .sleep(program -> program.chance.around(LINGERS_NS))
                    .call(program -> program.life().linger())
                    .sleep(program -> program.chance.around(LINGERS_NS))
                    .lock(program -> program.process.mm().mmapLock(), Lock.Mode.W)
                    .run(program -> program.life().letGo())
                    .unlock(program -> program.process.mm().mmapLock())
                    .run(program -> program.life().driver.file().client().deleteHandles())
                    .call(program -> program.life().driver.close(program.world)))
            .end();

    private final World world;
    private final UserProcess process;
    private final int slot;
    private final Function<Device, OnDevice> make;
    private final Chance chance;
    private @Nullable OnDevice life;

    /** What {@code make} makes is done on whatever is in that slot. */
    Survivor(World world, UserProcess process, int slot, Function<Device, OnDevice> make) {
        this.world = world;
        this.process = process;
        this.slot = slot;
        this.make = make;
        this.chance = world.kernel().chanceOf(process.name() + " survives");
    }

    private Device device() {
        return world.devices().get(slot);
    }

    private boolean isThere() {
        return !device().drm().isUnplugged();
    }

    private void begin() {
        OnDevice begun = make.apply(device());
        begun.driver.file().client().onGone(begun);
        life = begun;
    }

    private OnDevice life() {
        if (life == null) {
            throw new IllegalStateException("the program has not begun");
        }
        return life;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
