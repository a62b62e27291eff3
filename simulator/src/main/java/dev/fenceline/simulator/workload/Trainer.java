package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.Unmap;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.GpuVm;
import dev.fenceline.simulator.vm.UserptrVma;
import java.util.ArrayList;
import java.util.List;

/**
 * A long-running compute program: a kernel that never ends works on weights in VRAM and on batches in the program's own memory, which
 * it maps anew for each batch, and looks things up in a table there.
 */
final class Trainer extends Call {
    /** Where batches lie in the program's memory. */
    static final long HEAP = 0x7f00_0000_0000L;

    /** The size of a batch. */
    static final long BATCH_BYTES = 4 * Mm.PAGE_BYTES;

    /** How many batches are mapped at a time. */
    static final int BATCHES = 2;

    /** Where its table of constants lies, behind all batches. */
    static final long TABLE = HEAP + 2 * BATCHES * BATCH_BYTES;

    private static final long TABLE_BYTES = 2 * Mm.PAGE_BYTES;
    private static final long MAILBOX_BYTES = 1L << 20;
    private static final long WEIGHTS_BYTES = 6L << 20;
    private static final long SCRATCH_BYTES = 2L << 20;

    private static final Path<Trainer> PATH = Path.<Trainer>named("trainer")
            .call(program -> program.driver.start(program.mode))
            .call(program -> program.driver.buffer(MAILBOX_BYTES, false, true, vma -> {}))
            .call(program -> program.driver.run())
            .repeat(each -> each.leaveIf(program -> program.weights.size() == program.weightBuffers)
                    .call(program -> program.driver.buffer(WEIGHTS_BYTES, false, false, program.weights::add)))
            .repeat(each ->
                    each.leaveIf(program -> program.batches.size() == BATCHES).call(Trainer::mapBatch))
            .call(Trainer::mapTable)
            .repeat(step -> step.sleep(program -> program.chance.around(program.stepNs))
                    .call(Trainer::nextBatch)
                    .when(
                            Trainer::wantsScratch,
                            extra -> extra.call(Trainer::newScratch)
                                    .spend(program -> program.stepNs)
                                    .call(program -> program.driver.unmap(program.scratch.get()))
                                    .run(program -> program.scratch.clear())))
            .end();

    private final UserModeDriver driver;
    private final GpuVm.Mode mode;
    private final Mm mm;
    private final Chance chance;
    private final int weightBuffers;
    private final long stepNs;
    private final int scratchOneIn;
    private final List<BoVma> weights = new ArrayList<>();
    private final List<UserptrVma> batches = new ArrayList<>(BATCHES);
    private final Local<UserptrVma> table = new Local<>();
    private final Local<BoVma> scratch = new Local<>();

    /**
     * A trainer that has not started.
     *
     * @param mode of its VM, for long-running work
     * @param weightBuffers how much VRAM it fills
     * @param stepNs how long it works on a batch
     * @param scratchOneIn one in so many steps uses a buffer of its own
     */
    Trainer(
            World world,
            UserProcess process,
            UserModeDriver driver,
            GpuVm.Mode mode,
            int weightBuffers,
            long stepNs,
            int scratchOneIn) {
        this.driver = driver;
        this.mode = mode;
        this.mm = process.mm();
        this.chance = world.kernel().chanceOf(process.name());
        this.weightBuffers = weightBuffers;
        this.stepNs = stepNs;
        this.scratchOneIn = scratchOneIn;
    }

    private Call mapBatch() {
        long address = HEAP + 2L * batches.size() * BATCH_BYTES;
        mm.faultIn(address, address + BATCH_BYTES);
        return driver.userptr(address, BATCH_BYTES, batches::add);
    }

    /** Constants that the kernel on the GPU only reads. */
    private Call mapTable() {
        mm.faultIn(TABLE, TABLE + TABLE_BYTES);
        return driver.readOnlyUserptr(TABLE, TABLE_BYTES, table::set);
    }

    /** {@code mmap(MAP_FIXED)} over an old batch, or over memory beside it that no GPU ever saw. */
    private Call nextBatch() {
        long address = HEAP + chance.below(2 * BATCHES) * BATCH_BYTES;
        mm.faultIn(address, address + BATCH_BYTES);
        return Unmap.remap(mm, address, address + BATCH_BYTES);
    }

    /** Its kernel may touch whatever is mapped: where that can fault nothing is unmapped under it. */
    private boolean wantsScratch() {
        return mode != GpuVm.Mode.FAULT && chance.oneIn(scratchOneIn);
    }

    private Call newScratch() {
        return driver.buffer(SCRATCH_BYTES, false, true, scratch::set);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
