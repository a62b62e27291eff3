package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.Syncobj;
import dev.fenceline.simulator.userq.Batch;
import dev.fenceline.simulator.vm.BoVma;
import java.util.List;

/**
 * A careless program on user-mode queues: asks for a priority that it may not have, for doorbells that are not there, and replaces its
 * queue often, sometimes by way of unmapping the ring under it. In between it closes its file with the queue on the hardware, and begins
 * again.
 */
final class RingResizer extends Call {
    private static final long BUFFER_BYTES = 1L << 20;
    private static final long WORK_NS = 4_000_000;
    private static final long PAUSE_NS = 15_000_000;
    private static final int ROUNDS = 3;

    private static final Path<RingResizer> PATH = Path.<RingResizer>named("ring_resizer")
            .repeat(life -> life.run(RingResizer::open)
                    .call(program -> program.driver.get().start())
                    .call(program ->
                            program.driver.get().memory().buffer(BUFFER_BYTES, false, false, program.buffer::set))
                    .repeat(round -> round.leaveIf(program -> program.rounds == ROUNDS)
                            .run(program -> program.rounds++)
                            .run(RingResizer::work)
                            .call(program -> program.driver.get().signal(List.of(), List.of(), program.done))
                            .sleep(program -> program.chance.around(PAUSE_NS))
                            .when(program -> program.chance.oneIn(2), RingResizer::unmapFirst)
                            .when(program -> program.ring.orNull() == null, RingResizer::freeFirst)
                            .run(program -> program.ring.clear())
                            .call(program -> program.driver.get().createQueue("HIGH"))
                            .call(RingResizer::unmapRing)
                            .call(program -> program.driver.get().createQueueBehindPage())
                            .call(RingResizer::unmapRing)
                            .call(program -> program.driver.get().createQueueOnRing())
                            .call(RingResizer::unmapRing)
                            .call(program -> program.driver.get().createQueue("NORMAL_HIGH")))
                    .run(RingResizer::work)
                    .call(program -> program.driver.get().signal(List.of(), List.of(), program.done))
                    .call(program -> program.driver.get().close(program.world)))
            .end();

    private final World world;
    private final UserProcess process;
    private final Chance chance;
    private final Syncobj done;
    private final Local<UserQueueDriver> driver = new Local<>();
    private final Local<BoVma> buffer = new Local<>();
    private final Local<BoVma> ring = new Local<>();
    private int rounds;

    RingResizer(World world, UserProcess process) {
        this.world = world;
        this.process = process;
        this.chance = world.kernel().chanceOf(process.name());
        this.done = new Syncobj(world.kernel());
    }

    private Call unmapRing() {
        return driver.get().memory().unmap(driver.get().ring());
    }

    private void open() {
        driver.set(new UserQueueDriver(world, process, world.device()));
        rounds = 0;
    }

    private void work() {
        driver.get().submit(Batch.of(List.of(buffer.get()), chance.around(WORK_NS)));
    }

    /** The ring goes while the queue may still run. */
    private static Path.Builder<RingResizer> unmapFirst(Path.Builder<RingResizer> path) {
        return path.run(program -> program.ring.set(program.driver.get().ring()))
                .call(program -> program.driver.get().memory().unmap(program.ring.get()))
                .sleep(program -> program.chance.around(PAUSE_NS))
                .call(program -> program.driver.get().freeQueue());
    }

    private static Path.Builder<RingResizer> freeFirst(Path.Builder<RingResizer> path) {
        return path.call(program -> program.driver.get().freeQueue())
                .call(program ->
                        program.driver.get().memory().unmap(program.driver.get().ring()));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
