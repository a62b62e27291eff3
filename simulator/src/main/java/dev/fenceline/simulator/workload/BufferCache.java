package dev.fenceline.simulator.workload;

import dev.fenceline.event.Placement;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.vm.BoVma;
import java.util.ArrayList;
import java.util.List;

/**
 * A server that keeps many small buffers and the fences of its last jobs: when it has as many as it wants, each new one takes the
 * place of an old one. So the number of live objects grows to the scale of the host and stays there, however long it runs.
 */
final class BufferCache extends Call {
    private static final long BUFFER_BYTES = 16 << 10;
    private static final long WORK_BYTES = 1L << 20;
    private static final long WORK_NS = 20_000;
    private static final long PAUSE_NS = 60_000;
    private static final int BUFFERS_A_JOB = 4;

    private static final Path<BufferCache> PATH = Path.<BufferCache>named("buffer_cache")
            .call(program -> program.driver.start(false))
            .call(program -> program.driver.buffer(WORK_BYTES, false, false, program.work::set))
            .repeat(turn -> turn.call(program -> program.driver.keepBuffer(BUFFER_BYTES, Placement.TT, program::keep))
                    .when(
                            program -> program.kept % BUFFERS_A_JOB == 0,
                            job -> job.call(program ->
                                            program.driver.exec(List.of(program.work.get()), WORK_NS, program::keep))
                                    .spend(program -> PAUSE_NS)))
            .end();

    private final UserModeDriver driver;
    private final Chance chance;
    private final int limit;
    private final List<Bo> buffers = new ArrayList<>();
    private final List<DmaFence> fences = new ArrayList<>();
    private final Local<BoVma> work = new Local<>();
    private long kept;

    BufferCache(World world, UserProcess process) {
        this.driver = new UserModeDriver(world, process);
        this.chance = world.kernel().chanceOf(process.name());
        this.limit = Math.toIntExact(world.conditions().scale());
    }

    private void keep(Bo bo) {
        kept++;
        if (buffers.size() < limit) {
            buffers.add(bo);
        } else {
            driver.file().client().close(buffers.set(chance.below(limit), bo));
        }
    }

    private void keep(DmaFence fence) {
        if (fences.size() < limit) {
            fences.add(fence);
        } else {
            fences.set(chance.below(limit), fence).put();
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
