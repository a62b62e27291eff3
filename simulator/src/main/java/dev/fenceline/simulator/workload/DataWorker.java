package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.Unmap;
import dev.fenceline.simulator.mm.WriteMemory;

/** A child of a program that computes: it writes part of the memory it has from its parent, which gives it pages of its own, and exits. */
final class DataWorker extends Call {
    private static final long WORK_NS = 2_500_000;

    private static final Path<DataWorker> PATH = Path.<DataWorker>named("data-worker")
            .call(program -> new WriteMemory(program.process.mm(), program.start, program.start + program.written()))
            .sleep(program -> program.workNs)
            .call(program -> Unmap.exit(program.process.mm()))
            .run(program -> program.world.exit(program.process))
            .end();

    private final World world;
    private final UserProcess process;
    private final long start;
    private final long bytes;
    private final long workNs;

    /** A worker that writes the first half of an array. */
    DataWorker(World world, UserProcess process, long start, long bytes) {
        this.world = world;
        this.process = process;
        this.start = start;
        this.bytes = bytes;
        this.workNs = world.kernel().chanceOf(process.name()).around(WORK_NS);
    }

    /** Half of it, in whole pages. */
    private long written() {
        return bytes / 2 / Mm.PAGE_BYTES * Mm.PAGE_BYTES;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
