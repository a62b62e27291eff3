package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.ReleaseMemory;
import org.jspecify.annotations.Nullable;

/** {@code systemd-oomd} or {@code lmkd}: kills what uses too much memory, and takes that memory back before the exit gets to it. */
final class OomDaemon extends Call {
    private static final long PERIOD_NS = 12_000_000;
    private static final long LIMIT_PAGES = 40;

    private static final Path<OomDaemon> PATH = Path.<OomDaemon>named("oomd")
            .repeat(again ->
                    again.sleep(program -> program.chance.around(PERIOD_NS)).call(OomDaemon::killIfTooLarge))
            .end();

    private final World world;
    private final Chance chance;

    OomDaemon(World world, UserProcess process) {
        this.world = world;
        this.chance = world.kernel().chanceOf(process.name());
    }

    private @Nullable Call killIfTooLarge() {
        UserProcess victim = world.findProcess(LeakyTrainer.NAME);
        boolean kills =
                world.conditions().disturbed() && victim != null && victim.mm().pages() > LIMIT_PAGES;
        if (victim == null || !kills) {
            return null;
        }
        victim.kill();
        ReleaseMemory release = new ReleaseMemory(victim.mm());
        return release;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
