package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kfd.DebugTrap;
import dev.fenceline.simulator.kfd.KfdIoctl;
import dev.fenceline.simulator.kfd.KfdProcess;

/**
 * A debugger of compute programs: it traces the program, enables debugging on a file of /dev/kfd that it opened itself, looks at queues, and
 * stops tracing before it disables debugging.
 */
final class KfdDebugger extends Call {
    private static final int LOOKS = 5;
    private static final long LOOK_NS = 2_000_000;
    private static final long PAUSE_NS = 8_000_000;

    private static final Path<KfdDebugger> PATH = Path.<KfdDebugger>named("rocgdb")
            .repeat(session -> session.sleep(program -> program.chance.around(PAUSE_NS))
                    .call(program -> program.ask(DebugTrap.Operation.ENABLE))
                    .run(KfdDebugger::seize)
                    .call(program -> program.ask(DebugTrap.Operation.ENABLE))
                    .repeat(look -> look.leaveIf(program -> program.looks++ == LOOKS)
                            .sleep(program -> program.chance.around(LOOK_NS))
                            .call(program -> program.ask(DebugTrap.Operation.GET_QUEUE_SNAPSHOT)))
                    .run(program -> program.target.owner().release())
                    .call(program -> program.ask(DebugTrap.Operation.DISABLE)))
            .end();

    private final Chance chance;
    private final UserProcess process;
    private final KfdProcess file;
    private final KfdProcess target;
    private int looks;

    /** Debugs {@code target} through {@code file}, which the process opened. */
    KfdDebugger(World world, UserProcess process, KfdProcess file, KfdProcess target) {
        this.chance = world.kernel().chanceOf(process.name());
        this.process = process;
        this.file = file;
        this.target = target;
    }

    /** The first try, before it traces, is refused. */
    private void seize() {
        looks = 0;
        target.owner().seize(process);
    }

    private Call ask(DebugTrap.Operation operation) {
        return ask(process, file, target, operation);
    }

    /** {@code AMDKFD_IOC_DBG_TRAP} by {@code process} on {@code file}. */
    static Call ask(UserProcess process, KfdProcess file, KfdProcess target, DebugTrap.Operation operation) {
        DebugTrap trap = new DebugTrap(process, target, operation);
        return new KfdIoctl("AMDKFD_IOC_DBG_TRAP", file, process, trap, trap::result);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
