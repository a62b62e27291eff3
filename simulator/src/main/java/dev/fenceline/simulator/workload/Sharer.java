package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.vm.BoVma;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One of two programs that share two buffers, mapped in opposite order, and submit in the same rhythm: each locks what the other is about
 * to lock, so one of them has to back off.
 */
final class Sharer extends Call {
    private static final int BUFFERS = 2;
    private static final long BUFFER_BYTES = 1L << 20;
    private static final long JOB_NS = 200_000;
    private static final long BEAT_NS = 12_000_000;

    private static final Path<Sharer> PATH = Path.<Sharer>named("sharer")
            .call(program -> program.driver.start(false))
            .when(
                    program -> program.other == null,
                    first -> first.repeat(each -> each.leaveIf(program -> program.mapped.size() == BUFFERS)
                            .call(program -> program.driver.buffer(BUFFER_BYTES, true, false, program.mapped::add))))
            .when(
                    program -> program.other != null,
                    second -> second.repeat(wait -> wait.sleep(program -> BEAT_NS)
                                    .leaveIf(program -> program.theirs().size() == BUFFERS))
                            .repeat(each -> each.leaveIf(program -> program.mapped.size() == BUFFERS)
                                    .call(program ->
                                            program.driver.importAndMap(program.nextOfTheirs(), program.mapped::add))))
            .repeat(beat -> beat.sleep(program -> BEAT_NS - program.kernel().nowNs() % BEAT_NS)
                    .call(program -> program.driver.exec(program.mapped, JOB_NS, program.fence::set))
                    .call(program -> new FenceWait(program.fence.get()))
                    .run(program -> program.fence.get().put()))
            .end();

    private final UserModeDriver driver;
    private final @Nullable Sharer other;
    private final List<BoVma> mapped = new ArrayList<>(BUFFERS);
    private final Local<DmaFence> fence = new Local<>();

    /** {@code other} made the buffers; null for the one who does. */
    Sharer(World world, UserProcess process, @Nullable Sharer other) {
        this.driver = new UserModeDriver(world, process);
        this.other = other;
    }

    private List<BoVma> theirs() {
        return other == null ? Collections.emptyList() : other.mapped;
    }

    private Bo nextOfTheirs() {
        return theirs().get(BUFFERS - 1 - mapped.size()).bo();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
