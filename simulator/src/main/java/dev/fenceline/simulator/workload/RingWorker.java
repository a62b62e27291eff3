package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.Syncobj;
import dev.fenceline.simulator.userq.Batch;
import dev.fenceline.simulator.vm.BoVma;
import java.util.ArrayList;
import java.util.List;

/**
 * A program that works on a user-mode queue, two batches at a time with a fence for each. Where its code has a loop without an end, the
 * queue hangs now and then; when the kernel has reset it, the program makes another one.
 */
final class RingWorker extends Call {
    private static final int BUFFERS = 2;
    private static final long BUFFER_BYTES = 12L << 20;
    private static final long FRAME_NS = 40_000_000;
    private static final long WORK_NS = 3_000_000;
    private static final int FIRST_HANG = 2;
    private static final int HANGS_ONE_IN = 12;

    private static final Path<RingWorker> PATH = Path.<RingWorker>named("ring_worker")
            .call(program -> program.driver.start())
            .repeat(each -> each.leaveIf(program -> program.buffers.size() == BUFFERS)
                    .call(program -> program.driver.memory().buffer(BUFFER_BYTES, false, false, program.buffers::add)))
            .repeat(frame -> frame.sleep(program -> program.chance.around(FRAME_NS))
                    .run(RingWorker::submitFirst)
                    .call(program -> program.driver.signal(List.of(), List.of(), program.first))
                    .run(RingWorker::submitSecond)
                    .call(program -> program.driver.signal(List.of(), List.of(), program.second))
                    .call(program -> program.driver.await(program.second))
                    .when(program -> program.driver.queue().isHung(), RingWorker::beginAgain))
            .end();

    private final UserQueueDriver driver;
    private final Chance chance;
    private final boolean hangs;
    private final Syncobj first;
    private final Syncobj second;
    private final List<BoVma> buffers = new ArrayList<>(BUFFERS);
    private final Local<BoVma> oldRing = new Local<>();
    private int frame;

    /** A program that has not started. */
    RingWorker(World world, UserProcess process, boolean hangs) {
        this.driver = new UserQueueDriver(world, process, world.device());
        this.chance = world.kernel().chanceOf(process.name());
        this.hangs = hangs && world.conditions().disturbed();
        this.first = new Syncobj(world.kernel());
        this.second = new Syncobj(world.kernel());
    }

    private void submitFirst() {
        Batch batch = Batch.of(buffers, WORK_NS);
        boolean stuck = hangs && (frame == FIRST_HANG || chance.oneIn(HANGS_ONE_IN));
        frame++;
        driver.submit(stuck ? batch.thatHangs() : batch);
    }

    private void submitSecond() {
        driver.submit(Batch.of(buffers, WORK_NS));
    }

    /** The error of the fence says that the work is lost, and the queue with it. */
    private static Path.Builder<RingWorker> beginAgain(Path.Builder<RingWorker> path) {
        return path.run(program -> program.oldRing.set(program.driver.ring()))
                .call(program -> program.driver.freeQueue())
                .call(program -> program.driver.memory().unmap(program.oldRing.get()))
                .call(program -> program.driver.createQueue("NORMAL_LOW"));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
