package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.FaultIn;
import dev.fenceline.simulator.mm.MapMemory;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.Unmap;

/** A program that takes memory and gives it back all the time: whatever page somebody else frees, this one has next. */
final class MemoryUser extends Call {
    private static final long HEAP = 0x7a00_0000_0000L;
    private static final long CHUNK_BYTES = 4 * Mm.PAGE_BYTES;
    private static final long STEP_NS = 400_000;

    private static final Path<MemoryUser> PATH = Path.<MemoryUser>named("memory-user")
            .repeat(step -> step.sleep(program -> program.chance.around(STEP_NS))
                    .when(
                            program -> program.disturbs,
                            next -> next.call(program -> new FaultIn(program.mm, HEAP, HEAP + CHUNK_BYTES))
                                    .sleep(program -> program.chance.around(STEP_NS))
                                    .call(program -> Unmap.munmap(program.mm, HEAP, HEAP + CHUNK_BYTES))
                                    .call(program -> new MapMemory(program.mm, HEAP, HEAP + CHUNK_BYTES))))
            .end();

    private final Mm mm;
    private final Chance chance;
    private final boolean disturbs;

    /** A program that has not started. */
    MemoryUser(World world, UserProcess process) {
        this.mm = process.mm();
        this.chance = world.kernel().chanceOf(process.name());
        this.disturbs = world.conditions().disturbed();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
