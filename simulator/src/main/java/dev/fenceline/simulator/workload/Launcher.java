package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.GpuVm;
import dev.fenceline.simulator.vm.UserptrVma;

/**
 * A compute program that launches one kernel after the other, each on a queue of its own, over code, data, half of the data once more
 * at another address, and memory of the program.
 * What is reset it launches again. Some of its kernels may hit a breakpoint that was compiled in.
 */
final class Launcher extends Call {
    private static final long CODE_BYTES = 64 * 1024;
    private static final long DATA_BYTES = 2L << 20;
    private static final long NOWHERE = 0x123_4567_8000L;

    private static final Path<Launcher> PATH = Path.<Launcher>named("launcher")
            .call(program -> program.driver.start(program.mode))
            .call(program -> program.driver.code(CODE_BYTES, program.code::set))
            .call(program -> program.driver.buffer(DATA_BYTES, false, false, program.data::set))
            .call(program -> program.driver.mapTail(program.data.get().bo(), DATA_BYTES / 2, program.tail::set))
            .call(Launcher::mapBatch)
            .call(program -> program.driver.leaveImage())
            .call(program -> program.driver.run())
            .repeat(each -> each.sleep(program -> program.chance.around(program.kernelNs))
                    .when(
                            program -> program.brokenOneIn > 0 && program.chance.oneIn(program.brokenOneIn),
                            broken -> broken.run(Launcher::hitBreakpoint))
                    .when(
                            program -> program.wildOneIn > 0 && program.chance.oneIn(program.wildOneIn),
                            wild -> wild.run(Launcher::followWildPointer))
                    .when(
                            Launcher::isOver,
                            next -> next.call(program -> program.driver.leaveImage())
                                    .call(program -> program.driver.retire())
                                    .call(program -> program.driver.launch())))
            .end();

    private final UserModeDriver driver;
    private final Mm mm;
    private final Chance chance;
    private final long kernelNs;
    private final int brokenOneIn;
    private final GpuVm.Mode mode;
    private int wildOneIn;
    private final Local<BoVma> code = new Local<>();
    private final Local<BoVma> data = new Local<>();
    private final Local<BoVma> tail = new Local<>();
    private final Local<UserptrVma> batch = new Local<>();

    /**
     * A launcher that has not started.
     *
     * @param mode how its queues run
     * @param kernelNs how long a kernel runs before the program looks
     * @param brokenOneIn one kernel in so many hits a breakpoint of its own; 0 if none does
     */
    Launcher(World world, UserProcess process, GpuVm.Mode mode, long kernelNs, int brokenOneIn) {
        this.mode = mode;
        this.driver = new UserModeDriver(world, process);
        this.mm = process.mm();
        this.chance = world.kernel().chanceOf(process.name());
        this.kernelNs = kernelNs;
        this.brokenOneIn = brokenOneIn;
    }

    /** The same, one of so many kernels of which follows a pointer to nowhere. */
    Launcher followingWildPointers(int oneIn) {
        wildOneIn = oneIn;
        return this;
    }

    private void followWildPointer() {
        driver.queue().followWildPointer(NOWHERE, chance.oneIn(2));
    }

    private Call mapBatch() {
        mm.faultIn(Trainer.HEAP, Trainer.HEAP + Trainer.BATCH_BYTES);
        return driver.userptr(Trainer.HEAP, Trainer.BATCH_BYTES, batch::set);
    }

    /** Whether the kernel ended, or was ended; one that stands still did not. */
    private boolean isOver() {
        return driver.queue().isReset() || (!driver.queue().threads().areHalted() && chance.oneIn(4));
    }

    private void hitBreakpoint() {
        if (driver.queue().mayBeHalted() && !driver.queue().threads().areHalted()) {
            driver.queue().threads().halt(1);
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
