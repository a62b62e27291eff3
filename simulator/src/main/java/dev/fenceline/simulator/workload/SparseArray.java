package dev.fenceline.simulator.workload;

import dev.fenceline.event.Placement;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.Unmap;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.vm.Bind;
import dev.fenceline.simulator.vm.GpuVm;
import dev.fenceline.simulator.vm.MapOp;
import dev.fenceline.simulator.vm.Vma;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A program with an array of which only some blocks have memory: it maps parts of a buffer into a sparse mapping, several with one ioctl,
 * and unmaps parts of those again, and of memory of its own, while the GPU works.
 */
final class SparseArray extends Call {
    private static final long ARRAY_BYTES = 2L << 20;
    private static final long BLOCK_BYTES = 128 * 1024;
    private static final long BUFFER_BYTES = 1L << 20;
    private static final long HOLE_BYTES = 32 * 1024;
    private static final long HEAP = 0x7c00_0000_0000L;
    private static final long HEAP_BYTES = 12 * Mm.PAGE_BYTES;

    /** What it had, and gave back. */
    private static final long GONE = HEAP + HEAP_BYTES;

    private static final long JOB_NS = 300_000;
    private static final long STEP_NS = 4_000_000;

    private static final Path<SparseArray> PATH = Path.<SparseArray>named("sparse_array")
            .call(program -> Unmap.munmap(program.mm, GONE, GONE + Mm.PAGE_BYTES))
            .call(program -> program.driver.start(program.mode))
            .call(program -> program.driver.keepBuffer(BUFFER_BYTES, Placement.VRAM, program.buffer::set))
            .call(program -> program.map(new MapOp.Sparse(ARRAY_BYTES, 0)))
            .run(program -> program.start = program.bind.get().vma().start())
            .call(program -> program.driver.vm().isLongRunning() ? program.driver.run() : null)
            .repeat(round -> round.call(SparseArray::mapBlocks)
                    .call(SparseArray::submit)
                    .sleep(program -> program.chance.around(STEP_NS))
                    .call(SparseArray::mapHeap)
                    .run(program -> program.heap = program.bind.get().vma().start())
                    .call(SparseArray::submit)
                    .call(SparseArray::punchBlock)
                    .call(SparseArray::prefetch)
                    .sleep(program -> program.chance.around(STEP_NS))
                    .call(program -> program.unmap(program.heap + HEAP_BYTES / 3, HEAP_BYTES / 3))
                    .call(SparseArray::submit)
                    .when(program -> program.chance.oneIn(3), SparseArray::failArray)
                    .sleep(program -> program.chance.around(STEP_NS))
                    .call(program -> program.unmap(program.heap, HEAP_BYTES))
                    .when(program -> program.chance.oneIn(4), SparseArray::clear))
            .end();

    private final GpuVm.Mode mode;
    private final UserModeDriver driver;
    private final Mm mm;
    private final Chance chance;
    private final Local<Bo> buffer = new Local<>();
    private final Local<Bind> bind = new Local<>();
    private long start;
    private long heap;

    /** A program that makes an address space of {@code mode}. */
    SparseArray(World world, UserProcess process, GpuVm.Mode mode) {
        this.mode = mode;
        this.driver = new UserModeDriver(world, process);
        this.mm = process.mm();
        this.chance = world.kernel().chanceOf(process.name());
    }

    private Call map(MapOp... ops) {
        Bind array = bind.set(Bind.array(driver.vm(), List.of(ops)));
        return driver.bind(chance.oneIn(2) ? array.immediately() : array);
    }

    private Call unmap(long from, long bytes) {
        return driver.unbind(Bind.unmap(driver.vm(), from, from + bytes));
    }

    /** Two blocks, side by side in the array and not in the buffer. */
    private Call mapBlocks() {
        long at = start + chance.between(0, ARRAY_BYTES / BLOCK_BYTES - 2) * BLOCK_BYTES;
        return map(block().at(at), block().at(at + BLOCK_BYTES));
    }

    private MapOp.Part block() {
        long blocks = BUFFER_BYTES / BLOCK_BYTES;
        return MapOp.part(buffer.get(), chance.between(0, blocks - 1) * BLOCK_BYTES, BLOCK_BYTES);
    }

    private Call mapHeap() {
        mm.faultIn(HEAP, HEAP + HEAP_BYTES);
        return map(new MapOp.Userptr(HEAP, HEAP_BYTES, false));
    }

    /** A part of what begins at some block goes. */
    private Call punchBlock() {
        Vma block = driver.vm().find(start + chance.between(0, ARRAY_BYTES / BLOCK_BYTES - 1) * BLOCK_BYTES);
        return unmap((block == null ? start : block.start()) + HOLE_BYTES, HOLE_BYTES);
    }

    private @Nullable Call prefetch() {
        List<Vma> vmas = driver.vm().vmas();
        return mode == GpuVm.Mode.FAULT && !vmas.isEmpty()
                ? driver.prefetch(vmas.get(chance.below(vmas.size())))
                : null;
    }

    /** Another block, and memory that is not there: neither is mapped. */
    private static Path.Builder<SparseArray> failArray(Path.Builder<SparseArray> path) {
        return path.call(program -> program.map(program.block(), new MapOp.Userptr(GONE, Mm.PAGE_BYTES, false)));
    }

    /** All of the array is sparse again. */
    private static Path.Builder<SparseArray> clear(Path.Builder<SparseArray> path) {
        return path.call(program -> program.unmap(program.start, ARRAY_BYTES))
                .call(program -> program.map(
                        new MapOp.Sparse(ARRAY_BYTES, program.start),
                        program.block().at(program.start + BLOCK_BYTES)));
    }

    private @Nullable Call submit() {
        return driver.vm().isLongRunning()
                ? null
                : driver.exec(new ArrayList<>(driver.vm().vmas()), JOB_NS, DmaFence::put);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
