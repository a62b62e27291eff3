package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.Unmap;

/** khugepaged.c:khugepaged: each time it wakes it goes through the memory of a program, one large page after the other. */
final class Khugepaged extends Call {
    private static final long SLEEP_NS = 10_000_000;

    /** Looking through the page table for pages to collapse, and allocating where they go; ours. */
    private static final long SCAN_NS = 30_000;

    private static final Path<Khugepaged> PATH = Path.<Khugepaged>named("khugepaged")
            .repeat(scan -> scan.sleep(thread -> thread.chance.around(SLEEP_NS))
                    .run(thread -> thread.next = thread.start)
                    .repeat(each -> each.leaveIf(thread -> !thread.disturbs || thread.next >= thread.end)
                            .spend(thread -> SCAN_NS)
                            .call(Khugepaged::collapse)))
            .end();

    private final Mm mm;
    private final Chance chance;
    private final boolean disturbs;
    private final long start;
    private final long end;
    private final long bytes;
    private long next;

    /** Makes pages of {@code bytes} out of those in {@code [start, end)} of {@code victim}. */
    Khugepaged(World world, UserProcess thread, UserProcess victim, long start, long end, long bytes) {
        this.mm = victim.mm();
        this.chance = world.kernel().chanceOf(thread.name());
        this.disturbs = world.conditions().disturbed();
        this.start = start;
        this.end = end;
        this.bytes = bytes;
    }

    private Call collapse() {
        long from = next;
        next += bytes;
        return Unmap.collapse(mm, from, from + bytes);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
