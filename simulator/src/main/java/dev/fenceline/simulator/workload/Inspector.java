package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.debug.PtraceAccess;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.CpuVma;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A debugger of CPU programs, which reads the memory of another process through its mappings, and sometimes asks for too much. */
final class Inspector extends Call {
    private static final long SMALL_BYTES = 256;
    private static final long LARGE_BYTES = 32 * 1024;

    private static final Path<Inspector> PATH = Path.<Inspector>named("inspector")
            .repeat(look ->
                    look.sleep(program -> program.chance.around(program.lookNs)).call(Inspector::look))
            .end();

    private final Chance chance;
    private final List<CpuVma> maps;
    private final long lookNs;

    /** Reads what {@code maps}, another process's mappings, show, every {@code lookNs} or so. */
    Inspector(World world, UserProcess process, List<CpuVma> maps, long lookNs) {
        this.chance = world.kernel().chanceOf(process.name());
        this.maps = maps;
        this.lookNs = lookNs;
    }

    private @Nullable Call look() {
        if (maps.isEmpty()) {
            return null;
        }
        CpuVma vma = maps.get(chance.below(maps.size()));
        long bytes = chance.oneIn(6) ? LARGE_BYTES : SMALL_BYTES;
        long slots = vma.bo().bytes() / SMALL_BYTES;
        long slot = chance.oneIn(8) ? slots - 1 : chance.below((int) slots);
        boolean tooMuch = slot == slots - 1 && chance.oneIn(2);
        long offset = slot * SMALL_BYTES;
        return new PtraceAccess(
                vma,
                offset,
                tooMuch ? 2 * SMALL_BYTES : Math.min(bytes, vma.bo().bytes() - offset));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
