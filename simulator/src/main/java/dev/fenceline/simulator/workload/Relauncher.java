package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kernel.Task;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.Unmap;

/**
 * A long-running compute program that keeps its address space and makes a queue anew for each kernel, while another thread of it maps
 * new memory over what the last one worked on.
 */
final class Relauncher extends Call {
    private static final long HEAP = 0x7d00_0000_0000L;
    private static final long BATCH_BYTES = 4 * Mm.PAGE_BYTES;
    private static final long KERNEL_NS = 2_000_000;
    private static final long PAUSE_NS = 600_000;

    /** How long before or after its queue goes the memory does, at most. */
    private static final int RACE_NS = 60_000;

    private static final Path<Relauncher> PATH = Path.<Relauncher>named("relauncher")
            .call(program -> program.driver.start(true))
            .call(Relauncher::mapBatch)
            .call(program -> program.driver.run())
            .repeat(each -> each.sleep(program -> program.chance.around(KERNEL_NS))
                    .run(Relauncher::letAllocatorRun)
                    .spend(program -> RACE_NS / 2)
                    .call(program -> program.driver.retire())
                    .sleep(program -> program.chance.around(PAUSE_NS))
                    .call(program -> program.driver.launch()))
            .end();

    private final UserModeDriver driver;
    private final Mm mm;
    private final Chance chance;
    private final Task allocator;
    private final boolean disturbed;

    /** A program that has not started. */
    Relauncher(World world, UserProcess process) {
        this.driver = new UserModeDriver(world, process);
        this.mm = process.mm();
        this.chance = world.kernel().chanceOf(process.name());
        this.allocator = process.thread("allocator");
        this.disturbed = world.conditions().disturbed();
    }

    private Call mapBatch() {
        mm.faultIn(HEAP, HEAP + BATCH_BYTES);
        return driver.userptr(HEAP, BATCH_BYTES, vma -> {});
    }

    private void letAllocatorRun() {
        if (disturbed && allocator.isIdle()) {
            allocator.start(Unmap.remap(mm, HEAP, HEAP + BATCH_BYTES), chance.between(0, RACE_NS));
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
