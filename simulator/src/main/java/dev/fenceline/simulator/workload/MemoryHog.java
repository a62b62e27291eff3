package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.FaultIn;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.Unmap;

/**
 * A program that touches more and more memory until the kernel kills it: its page faults reclaim what others have. Somebody starts it
 * again each time.
 */
final class MemoryHog extends Call {
    private static final long HEAP = 0x5500_0000_0000L;
    private static final long CHUNK_PAGES = 32;
    private static final long PAUSE_NS = 2_000_000;
    private static final long RESTART_NS = 30_000_000;

    private static final Path<MemoryHog> PATH = Path.<MemoryHog>named("memory-hog")
            .repeat(more -> more.leaveIf(program -> program.task().isKilled())
                    .call(MemoryHog::touchNext)
                    .sleep(program -> program.chance.around(PAUSE_NS)))
            .call(program -> Unmap.exit(program.process.mm()))
            .run(MemoryHog::exitAndRestart)
            .end();

    private final World world;
    private final UserProcess process;
    private final Chance chance;
    private final int lives;
    private long touched;

    private MemoryHog(World world, UserProcess process, int lives) {
        this.world = world;
        this.process = process;
        this.chance = world.kernel().chanceOf(process.name() + lives);
        this.lives = lives;
        process.mm().setKill(process::kill);
    }

    /** Starts it for the first time, {@code delayNs} from now, as the user {@code uid}. */
    static void start(World world, int uid, long delayNs) {
        start(world, uid, delayNs, 0);
    }

    private static void start(World world, int uid, long delayNs, int lives) {
        UserProcess process = world.process("memory-hog", uid, "");
        process.mainThread().start(new MemoryHog(world, process, lives), delayNs);
    }

    private Call touchNext() {
        long start = HEAP + touched * Mm.PAGE_BYTES;
        touched += CHUNK_PAGES;
        return new FaultIn(process.mm(), start, start + CHUNK_PAGES * Mm.PAGE_BYTES);
    }

    private void exitAndRestart() {
        process.exit();
        kernel().agenda().after(RESTART_NS, () -> start(world, process.uid(), 0, lives + 1));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
