package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.GpuVm;

/** A compute program that compiles each kernel before it launches it, and tells a debugger which image the code in memory is of. */
final class KernelCompiler extends Call {
    private static final long CODE_BYTES = 64 * 1024;
    private static final long DATA_BYTES = 2L << 20;
    private static final long KERNEL_NS = 3_000_000;

    private static final Path<KernelCompiler> PATH = Path.<KernelCompiler>named("kernel_compiler")
            .call(program -> program.driver.createVm(GpuVm.Mode.PREEMPT_FENCE))
            .call(program -> program.driver.buffer(DATA_BYTES, false, false, program.data::set))
            .repeat(each -> each.call(program -> program.driver.leaveImage())
                    .call(program -> program.driver.codeWithImage(CODE_BYTES, program.code::set))
                    .call(program -> program.driver.launch())
                    .sleep(program -> program.chance.around(KERNEL_NS))
                    .call(program -> program.driver.retire())
                    .call(program -> program.driver.unmap(program.code.get())))
            .end();

    private final UserModeDriver driver;
    private final Chance chance;
    private final Local<BoVma> code = new Local<>();
    private final Local<BoVma> data = new Local<>();

    /** A program that has not started. */
    KernelCompiler(World world, UserProcess process) {
        this.driver = new UserModeDriver(world, process);
        this.chance = world.kernel().chanceOf(process.name());
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
