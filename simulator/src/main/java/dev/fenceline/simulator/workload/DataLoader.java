package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Fork;
import dev.fenceline.simulator.mm.MapMemory;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.Protect;
import dev.fenceline.simulator.mm.Unmap;
import dev.fenceline.simulator.mm.WriteMemory;
import dev.fenceline.simulator.vm.UserptrVma;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A compute program on arrays in its own memory, with which it does whatever the system calls offer while the GPU works on them: it forks
 * workers, write-protects a table, unmaps an array and maps it anew.
 */
final class DataLoader extends Call {
    private static final long HEAP = 0x7b00_0000_0000L;
    private static final long ARRAY_BYTES = 4 * Mm.PAGE_BYTES;
    private static final int ARRAYS = 3;
    private static final long TABLE = HEAP + 2 * ARRAYS * ARRAY_BYTES;
    private static final long TABLE_BYTES = 2 * Mm.PAGE_BYTES;
    private static final long MAILBOX_BYTES = 1L << 20;
    private static final long STEP_NS = 3_000_000;
    private static final int THINGS_TO_DO = 5;

    private static final Path<DataLoader> PATH = Path.<DataLoader>named("data-loader")
            .call(program -> program.driver.start(true))
            .call(program -> program.driver.buffer(MAILBOX_BYTES, false, true, vma -> {}))
            .call(program -> program.driver.run())
            .repeat(each ->
                    each.leaveIf(program -> program.arrays.size() == ARRAYS).call(DataLoader::mapNext))
            .call(DataLoader::mapTable)
            .repeat(step -> step.sleep(program -> program.chance.around(STEP_NS))
                    .run(DataLoader::decide)
                    .when(program -> program.does == 0, DataLoader::fork)
                    .when(program -> program.does == 1, write -> write.call(DataLoader::write))
                    .when(program -> program.does == 2, DataLoader::protectTable)
                    .when(program -> program.does == 3, DataLoader::unmapArray)
                    .when(program -> program.does == 4, over -> over.call(DataLoader::mapOver)))
            .end();

    private final World world;
    private final UserProcess process;
    private final UserModeDriver driver;
    private final Mm mm;
    private final Chance chance;
    private final List<UserptrVma> arrays = new ArrayList<>(ARRAYS);
    private @Nullable UserProcess worker;
    private int workers;
    private int does;
    private int which;

    /** A program that has not started. */
    DataLoader(World world, UserProcess process) {
        this.world = world;
        this.process = process;
        this.driver = new UserModeDriver(world, process);
        this.mm = process.mm();
        this.chance = world.kernel().chanceOf(process.name());
    }

    /** Every other array, so that none has a neighbour. */
    private Call mapNext() {
        long start = HEAP + 2L * arrays.size() * ARRAY_BYTES;
        mm.faultIn(start, start + ARRAY_BYTES);
        return driver.userptr(start, ARRAY_BYTES, arrays::add);
    }

    private Call mapTable() {
        mm.faultIn(TABLE, TABLE + TABLE_BYTES);
        return driver.readOnlyUserptr(TABLE, TABLE_BYTES, vma -> {});
    }

    private void decide() {
        does = world.conditions().disturbed() ? chance.below(THINGS_TO_DO) : THINGS_TO_DO;
        which = chance.below(ARRAYS);
    }

    private long start() {
        return arrays.get(which).userptr();
    }

    /** A worker has the same memory, until one of the two writes it. */
    private static Path.Builder<DataLoader> fork(Path.Builder<DataLoader> path) {
        return path.run(program -> program.worker = program.world.fork(program.process, "worker-" + ++program.workers))
                .call(program -> new Fork(program.mm, program.worker().mm()))
                .run(program -> Programs.start(
                        program.world,
                        program.worker(),
                        new DataWorker(program.world, program.worker(), program.start(), ARRAY_BYTES)));
    }

    private UserProcess worker() {
        if (worker == null) {
            throw new IllegalStateException("no worker was forked");
        }
        return worker;
    }

    private Call write() {
        return new WriteMemory(mm, start(), start() + ARRAY_BYTES / 2);
    }

    /** The GPU only reads the table anyhow; what may not be written cannot be mapped for the GPU to write. */
    private static Path.Builder<DataLoader> protectTable(Path.Builder<DataLoader> path) {
        return path.call(program -> new Protect(program.mm, TABLE, TABLE + TABLE_BYTES, false))
                .call(program -> program.driver.userptr(TABLE, TABLE_BYTES, vma -> {}))
                .call(program -> new Protect(program.mm, TABLE, TABLE + TABLE_BYTES, true));
    }

    /** {@code munmap} under the GPU: what is left of the mapping goes, and until there is memory again no other can be made. */
    private static Path.Builder<DataLoader> unmapArray(Path.Builder<DataLoader> path) {
        return path.call(program -> Unmap.munmap(program.mm, program.start(), program.start() + ARRAY_BYTES))
                .call(program -> program.driver.userptr(program.start(), ARRAY_BYTES, vma -> {}))
                .sleep(program -> program.chance.around(STEP_NS / 2))
                .call(program -> new MapMemory(program.mm, program.start(), program.start() + ARRAY_BYTES))
                .call(program -> program.driver.unbind(program.arrays.get(program.which)))
                .call(program -> program.driver.userptr(
                        program.start(), ARRAY_BYTES, vma -> program.arrays.set(program.which, vma)));
    }

    private Call mapOver() {
        return Unmap.remap(mm, start(), start() + ARRAY_BYTES);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
