package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.FaultIn;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.Unmap;
import dev.fenceline.simulator.vm.UserptrVma;
import java.util.ArrayList;
import java.util.List;

/**
 * A long-running compute program that never gives memory back, until somebody kills it: it then exits with its queue on the hardware and
 * its notifiers in place. It is started again each time.
 */
final class LeakyTrainer extends Call {
    /** The name of its processes, one after the other. */
    static final String NAME = "leaky-trainer";

    private static final long HEAP = 0x7d00_0000_0000L;
    private static final long CHUNK_BYTES = 8 * Mm.PAGE_BYTES;
    private static final long BATCH_BYTES = 4 * Mm.PAGE_BYTES;
    private static final long MAILBOX_BYTES = 1L << 20;
    private static final long STEP_NS = 2_500_000;
    private static final long RESTART_NS = 4_000_000;

    private static final Path<LeakyTrainer> PATH = Path.<LeakyTrainer>named(NAME)
            .call(program -> program.driver.start(true))
            .call(program -> program.driver.buffer(MAILBOX_BYTES, false, true, mapped -> {}))
            .call(program -> program.driver.run())
            .call(LeakyTrainer::mapBatch)
            .repeat(step -> step.leaveIf(program -> program.task().isKilled())
                    .call(LeakyTrainer::touchNext)
                    .sleep(program -> program.chance.around(STEP_NS))
                    .when(
                            program -> program.chance.oneIn(3),
                            next -> next.call(program -> program.driver.unbind(program.batches.remove(0)))
                                    .call(LeakyTrainer::mapBatch))
                    .when(program -> program.chance.oneIn(4), remap -> remap.call(LeakyTrainer::remapBatch)))
            .call(program -> Unmap.exit(program.process.mm()))
            .call(program -> program.driver.close(program.world))
            .run(LeakyTrainer::exitAndRestart)
            .end();

    private final World world;
    private final UserProcess process;
    private final UserModeDriver driver;
    private final Chance chance;
    private final int lives;
    private final List<UserptrVma> batches = new ArrayList<>(1);
    private long next = HEAP;

    private LeakyTrainer(World world, UserProcess process, int lives) {
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
        UserProcess process = world.process(NAME);
        Programs.start(world, process, new LeakyTrainer(world, process, lives));
    }

    private Call touchNext() {
        long start = next;
        next += CHUNK_BYTES;
        return new FaultIn(process.mm(), start, start + CHUNK_BYTES);
    }

    /** The GPU is to work on what was touched last. */
    private Call mapBatch() {
        long start = next;
        next += 2 * CHUNK_BYTES;
        process.mm().faultIn(start, start + BATCH_BYTES);
        return driver.userptr(start, BATCH_BYTES, batches::add);
    }

    /** {@code mmap(MAP_FIXED)} over what the GPU works on. */
    private Call remapBatch() {
        long start = batches.get(0).userptr();
        return Unmap.remap(process.mm(), start, start + BATCH_BYTES);
    }

    private void exitAndRestart() {
        world.exit(process);
        if (world.conditions().disturbed()) {
            kernel().agenda().after(RESTART_NS, () -> start(world, lives + 1));
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
