package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.GpuVm;
import dev.fenceline.simulator.vm.Submission;
import dev.fenceline.simulator.vm.XeFile;
import java.util.List;

/** A program that makes an address space of each kind, again and again, and asks for what the driver has to refuse. */
final class Prober extends Call {
    private static final long BUFFER_BYTES = 1L << 20;
    private static final long JOB_NS = 400_000;
    private static final long RUNS_NS = 2_500_000;
    private static final long PAUSE_NS = 1_500_000;

    private static final Path<Prober> PATH = Path.<Prober>named("prober")
            .repeat(round -> round.call(program -> program.begin(GpuVm.Mode.PREEMPT_FENCE))
                    .call(program -> program.driver().buffer(BUFFER_BYTES, false, false, program.buffer::set))
                    .call(program -> program.driver().run())
                    .sleep(program -> program.chance.around(RUNS_NS))
                    .call(program -> program.driver().destroyVm(result -> program.destroyed = result == 0))
                    .call(program -> program.driver().destroyQueue())
                    .when(program -> !program.destroyed, Prober::destroyOnceMore)
                    .call(program -> program.driver().close(program.buffer.get().bo()))
                    .call(program -> program.begin(GpuVm.Mode.DMA_FENCE))
                    .call(program -> program.driver().buffer(BUFFER_BYTES, false, false, program.buffer::set))
                    .call(program -> program.driver().exec(List.of(program.buffer.get()), JOB_NS, program.done::set))
                    .call(program -> new FenceWait(program.done.get()))
                    .run(program -> program.done.get().put())
                    .call(program -> program.driver().unmap(program.buffer.get()))
                    .call(program -> program.driver().destroyVm(result -> {}))
                    .call(program -> program.driver().exec(Submission.of(List.of(), JOB_NS), DmaFence::put))
                    .call(program -> program.driver().destroyQueue())
                    .run(Prober::open)
                    .call(program -> program.driver().createVm(GpuVm.Mode.FAULTING_JOBS))
                    .when(
                            program -> program.driver().hasVm(),
                            made -> made.call(program -> program.driver().destroyVm(result -> {})))
                    .sleep(program -> program.chance.around(PAUSE_NS)))
            .end();

    private final XeFile file;
    private final Chance chance;
    private final Local<UserModeDriver> driver = new Local<>();
    private final Local<BoVma> buffer = new Local<>();
    private final Local<DmaFence> done = new Local<>();
    private boolean destroyed;

    Prober(World world, UserProcess process) {
        this.file = world.open(process, world.device());
        this.chance = world.kernel().chanceOf(process.name());
    }

    /** Refused as long as the queue was there; then done, with what is mapped, and not found when asked for once more. */
    private static Path.Builder<Prober> destroyOnceMore(Path.Builder<Prober> path) {
        return path.call(program -> program.driver().destroyVm(result -> {}))
                .call(program -> program.driver().destroyVm(result -> {}));
    }

    private UserModeDriver driver() {
        return driver.get();
    }

    private void open() {
        driver.set(new UserModeDriver(file));
    }

    private Call begin(GpuVm.Mode mode) {
        open();
        return driver().start(mode);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
