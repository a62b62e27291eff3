package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;

/** A compute program that executes a set-uid program in its place, which then opens the GPU for itself. */
final class SetuidProgram extends Call {
    private static final long BUFFER_BYTES = 1L << 20;
    private static final long EXECUTES_NS = 160_000_000;

    private static final Path<SetuidProgram> PATH = Path.<SetuidProgram>named("setuid_program")
            .call(SetuidProgram::open)
            .call(program -> program.driver.get().buffer(BUFFER_BYTES, false, true, mapped -> {}))
            .call(program -> program.driver.get().run())
            .sleep(program -> program.chance.around(EXECUTES_NS))
            .call(program -> program.driver.get().close(program.world))
            .run(program -> program.process.executeSetuid())
            .call(SetuidProgram::open)
            .call(program -> program.driver.get().buffer(BUFFER_BYTES, false, true, mapped -> {}))
            .call(program -> program.driver.get().run())
            .end();

    private final World world;
    private final UserProcess process;
    private final Chance chance;
    private final Local<UserModeDriver> driver = new Local<>();

    SetuidProgram(World world, UserProcess process) {
        this.world = world;
        this.process = process;
        this.chance = world.kernel().chanceOf(process.name());
    }

    private Call open() {
        return driver.set(new UserModeDriver(world, process)).start(true);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
