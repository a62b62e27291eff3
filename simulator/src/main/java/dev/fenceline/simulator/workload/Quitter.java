package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.SyncFile;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.Submission;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** A program that submits more than the GPU can do at once, and exits without waiting for it. */
final class Quitter extends Call {
    private static final int BUFFERS = 2;
    private static final long BUFFER_BYTES = 1L << 20;
    private static final int JOBS = 6;
    private static final long JOB_NS = 1_500_000;

    private static final Path<Quitter> PATH = Path.<Quitter>named("quitter")
            .call(program -> program.driver.start(false))
            .repeat(each -> each.leaveIf(program -> program.buffers.size() == BUFFERS)
                    .call(program -> program.driver.buffer(BUFFER_BYTES, false, false, program.buffers::add)))
            .repeat(each -> each.leaveIf(program -> program.submitted == JOBS)
                    .run(program -> program.submitted++)
                    .call(program -> program.driver.exec(
                            Submission.of(program.buffers, JOB_NS).taking(3), program.fences::add)))
            .spend(program -> JOB_NS)
            .run(Quitter::keep)
            .repeat(each -> each.leaveIf(program -> program.fences.isEmpty())
                    .run(program -> program.fence.set(program.fences.remove()))
                    .run(program -> program.fence.get().put()))
            .call(program -> program.driver.close(program.world))
            .sleep(program -> program.keepsNs)
            .run(Quitter::letGo)
            .run(program -> program.world.exit(program.process))
            .end();

    private final World world;
    private final UserProcess process;
    private final UserModeDriver driver;
    private final List<BoVma> buffers = new ArrayList<>(BUFFERS);
    private final ArrayDeque<DmaFence> fences = new ArrayDeque<>();
    private final Local<DmaFence> fence = new Local<>();
    private final Local<SyncFile> kept = new Local<>();
    private final long keepsNs;
    private int submitted;

    /** Keeps a file with the fence of its first job for {@code keepsNs} after it closed the GPU. */
    Quitter(World world, UserProcess process, long keepsNs) {
        this.keepsNs = keepsNs;
        this.world = world;
        this.process = process;
        this.driver = new UserModeDriver(world, process);
    }

    private void keep() {
        kept.set(new SyncFile(kernel(), fences.element(), "job"));
    }

    private void letGo() {
        kept.get().release();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
