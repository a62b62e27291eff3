package dev.fenceline.simulator.mm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;

/** mmap.c:do_mmap of addresses where nothing is mapped: pages come when they are touched, so nobody is told. */
public final class MapMemory extends Call {
    private static final Path<MapMemory> PATH = Path.<MapMemory>named("do_mmap")
            .lock(map -> map.mm.mmapLock(), Lock.Mode.W)
            .run(map -> map.mm.areas().map(map.start, map.end))
            .unlock(map -> map.mm.mmapLock())
            .end();

    private final Mm mm;
    private final long start;
    private final long end;

    /** Maps {@code [start, end)} anew. */
    public MapMemory(Mm mm, long start, long end) {
        this.mm = mm;
        this.start = start;
        this.end = end;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
