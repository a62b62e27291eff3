package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.Protect;
import dev.fenceline.simulator.mm.Unmap;

/**
 * A compute program that write-protects an array which its kernel writes: the driver cannot make the address space valid any more and kills
 * it. The program finds out when it submits again, and is started anew.
 */
final class CarelessProgram extends Call {
    private static final long ARRAY = 0x7900_0000_0000L;
    private static final long ARRAY_BYTES = 2 * Mm.PAGE_BYTES;
    private static final long MAILBOX_BYTES = 1L << 20;
    private static final long WORK_NS = 20_000_000;
    private static final long RESTART_NS = 5_000_000;

    private static final Path<CarelessProgram> PATH = Path.<CarelessProgram>named("careless")
            .call(program -> program.driver.start(true))
            .call(program -> program.driver.buffer(MAILBOX_BYTES, false, true, vma -> {}))
            .run(program -> program.process.mm().faultIn(ARRAY, ARRAY + ARRAY_BYTES))
            .call(program -> program.driver.userptr(ARRAY, ARRAY_BYTES, vma -> {}))
            .call(program -> program.driver.run())
            .sleep(program -> program.chance.around(WORK_NS))
            .returnIf(program -> !program.world.conditions().disturbed())
            .call(program -> new Protect(program.process.mm(), ARRAY, ARRAY + ARRAY_BYTES, false))
            .sleep(program -> program.chance.around(RESTART_NS))
            .call(program -> program.driver.run())
            .call(program -> Unmap.exit(program.process.mm()))
            .call(program -> program.driver.close(program.world))
            .run(CarelessProgram::exitAndRestart)
            .end();

    private final World world;
    private final UserProcess process;
    private final UserModeDriver driver;
    private final Chance chance;
    private final int lives;

    private CarelessProgram(World world, UserProcess process, int lives) {
        this.world = world;
        this.process = process;
        this.driver = new UserModeDriver(world, process);
        this.chance = world.kernel().chanceOf(process.name() + lives);
        this.lives = lives;
    }

    /** Starts it for the first time. */
    static void start(World world) {
        start(world, 0);
    }

    private static void start(World world, int lives) {
        UserProcess process = world.process("careless");
        Programs.start(world, process, new CarelessProgram(world, process, lives));
    }

    private void exitAndRestart() {
        world.exit(process);
        kernel().agenda().after(RESTART_NS, () -> start(world, lives + 1));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
