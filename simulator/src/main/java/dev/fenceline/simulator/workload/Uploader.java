package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.vm.UserptrVma;
import dev.fenceline.simulator.vm.Vma;
import java.util.ArrayList;
import java.util.List;

/** A program whose jobs read straight from an array in its memory, which is large enough for large pages. */
final class Uploader extends Call {
    /** Where the array lies. */
    static final long ARRAY = 0x7c00_0000_0000L;

    /** A large page of the array: 64 KiB. */
    static final long LARGE_PAGE_BYTES = 16 * Mm.PAGE_BYTES;

    /** The size of the array. */
    static final long ARRAY_BYTES = 5 * LARGE_PAGE_BYTES;

    private static final long TARGET_BYTES = 1L << 20;
    private static final long JOB_NS = 2_500_000;
    private static final long PAUSE_NS = 100_000;

    private static final Path<Uploader> PATH = Path.<Uploader>named("uploader")
            .call(program -> program.driver.start(false))
            .call(program -> program.driver.buffer(TARGET_BYTES, false, false, program.used::add))
            .call(Uploader::mapArray)
            .repeat(job -> job.sleep(program -> program.chance.around(PAUSE_NS))
                    .call(program -> program.driver.exec(program.used, JOB_NS, program.fence::set))
                    .call(program -> new FenceWait(program.fence.get()))
                    .run(program -> program.fence.get().put()))
            .end();

    private final UserModeDriver driver;
    private final Mm mm;
    private final Chance chance;
    private final List<Vma> used = new ArrayList<>(2);
    private final Local<UserptrVma> array = new Local<>();
    private final Local<DmaFence> fence = new Local<>();

    Uploader(World world, UserProcess process) {
        this.driver = new UserModeDriver(world, process);
        this.mm = process.mm();
        this.chance = world.kernel().chanceOf(process.name());
    }

    private Call mapArray() {
        mm.faultIn(ARRAY, ARRAY + ARRAY_BYTES);
        return driver.userptr(ARRAY, ARRAY_BYTES, mapped -> used.add(array.set(mapped)));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
