package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kfd.AllocateUserptr;
import dev.fenceline.simulator.kfd.CreateQueue;
import dev.fenceline.simulator.kfd.KfdIoctl;
import dev.fenceline.simulator.kfd.KfdProcess;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.Unmap;

/** A solver on the KFD: one kernel that never ends works on matrices in the program's own memory, parts of which it maps anew. */
final class Solver extends Call {
    /** Where the matrices lie in the program's memory, one after the other. */
    static final long HEAP = 0x7f00_0000_0000L;

    /** The size of a matrix. */
    static final long MATRIX_BYTES = 16 * Mm.PAGE_BYTES;

    /** How many matrices there are. */
    static final int MATRICES = 4;

    private static final long TILE_BYTES = 2 * Mm.PAGE_BYTES;
    private static final long STEP_NS = 2_000_000;

    private static final Path<Solver> PATH = Path.<Solver>named("solver")
            .call(program -> new KfdIoctl("AMDKFD_IOC_ACQUIRE_VM", program.kfd, new Inline(() -> {})))
            .repeat(each -> each.leaveIf(program -> program.allocated == MATRICES)
                    .call(Solver::allocate)
                    .run(program -> program.allocated++))
            .call(program -> new KfdIoctl("AMDKFD_IOC_CREATE_QUEUE", program.kfd, new CreateQueue(program.kfd)))
            .repeat(step ->
                    step.sleep(program -> program.chance.around(STEP_NS)).call(Solver::remap))
            .end();

    private final KfdProcess kfd;
    private final Mm mm;
    private final Chance chance;
    private int allocated;

    /** A solver that has not started. */
    Solver(World world, UserProcess process) {
        this.kfd = world.openKfd(process);
        this.mm = process.mm();
        this.chance = world.kernel().chanceOf(process.name());
    }

    private Call allocate() {
        long address = HEAP + allocated * MATRIX_BYTES;
        mm.faultIn(address, address + MATRIX_BYTES);
        return new KfdIoctl("AMDKFD_IOC_ALLOC_MEMORY_OF_GPU", kfd, new AllocateUserptr(kfd, address, MATRIX_BYTES));
    }

    /** {@code mmap(MAP_FIXED)} over a tile. */
    private Call remap() {
        long tiles = MATRICES * MATRIX_BYTES / TILE_BYTES;
        long address = HEAP + chance.below((int) tiles) * TILE_BYTES;
        mm.faultIn(address, address + TILE_BYTES);
        return Unmap.remap(mm, address, address + TILE_BYTES);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
