package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kfd.DebugTrap;
import dev.fenceline.simulator.kfd.KfdIoctl;
import dev.fenceline.simulator.kfd.KfdProcess;

/** A child of a compute program that uses the file of /dev/kfd it inherited, and tries to debug its parent without tracing it. */
final class Intruder extends Call {
    private static final long PAUSE_NS = 5_000_000;

    private static final Path<Intruder> PATH = Path.<Intruder>named("intruder")
            .repeat(next -> next.sleep(program -> program.chance.around(PAUSE_NS))
                    .call(Intruder::useInherited)
                    .sleep(program -> program.chance.around(PAUSE_NS))
                    .call(program ->
                            KfdDebugger.ask(program.process, program.own, program.parent, DebugTrap.Operation.ENABLE)))
            .end();

    private final Chance chance;
    private final UserProcess process;
    private final KfdProcess own;
    private final KfdProcess parent;

    /** Has a file of its own, {@code own}, and the one of {@code parent}. */
    Intruder(World world, UserProcess process, KfdProcess own, KfdProcess parent) {
        this.chance = world.kernel().chanceOf(process.name());
        this.process = process;
        this.own = own;
        this.parent = parent;
    }

    private Call useInherited() {
        return new KfdIoctl("AMDKFD_IOC_GET_CLOCK_COUNTERS", parent, process, new Inline(() -> {}), () -> 0);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
