package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kernel.Reclaim;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.Unmap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Somebody else's hunger for memory: pages of the victim are reclaimed, or migrated to where there is room. */
final class Neighbour extends Call {
    private static final Path<Neighbour> PATH = Path.<Neighbour>named("neighbour")
            .repeat(again -> again.sleep(program -> program.chance.around(program.pauseNs))
                    .when(
                            program -> program.disturbs,
                            hungry -> hungry.run(program -> program.mm = program.victim.get())
                                    .call(Neighbour::takePages)))
            .end();

    private final Supplier<@Nullable Mm> victim;
    private final Chance chance;
    private final long heapPages;
    private final long pauseNs;
    private final boolean disturbs;
    private @Nullable Mm mm;

    /** Takes pages of {@code victim}, a trainer, every {@code pauseNs} or so. */
    Neighbour(World world, UserProcess process, UserProcess victim, long pauseNs) {
        this(world, process, victim, 2 * Trainer.BATCHES * Trainer.BATCH_BYTES, pauseNs);
    }

    /** Takes pages of {@code victim}, whose heap has so many bytes. */
    Neighbour(World world, UserProcess process, UserProcess victim, long heapBytes, long pauseNs) {
        this(world, process, victim::mm, heapBytes, pauseNs);
    }

    /** Takes pages of whoever is there, if anybody is. */
    Neighbour(World world, UserProcess process, Supplier<@Nullable Mm> victim, long heapBytes, long pauseNs) {
        this.heapPages = heapBytes / Mm.PAGE_BYTES;
        this.victim = victim;
        this.chance = world.kernel().chanceOf(process.name());
        this.pauseNs = pauseNs;
        this.disturbs = world.conditions().disturbed();
    }

    private @Nullable Call takePages() {
        Mm of = mm;
        if (of == null || of.isReleased()) {
            return null;
        }
        long pages = chance.between(1, 3);
        long span = heapPages - pages;
        long start = Trainer.HEAP + chance.between(0, span) * Mm.PAGE_BYTES;
        long end = start + pages * Mm.PAGE_BYTES;
        return chance.oneIn(2) ? Reclaim.from(Unmap.reclaim(of, start, end)) : Unmap.migrate(of, start, end);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
