package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.debug.PtraceAccess;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.CpuVma;
import dev.fenceline.simulator.ttm.TtmDevice;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A debugger of CPU programs that seizes its target by ptrace and reads and writes buffers of the GPU that the target has mapped: whole
 * pages through {@code /proc/pid/mem}, words by PTRACE_PEEKDATA and PTRACE_POKEDATA.
 */
final class MemoryDebugger extends Call {
    private static final long WORD_BYTES = 8;
    private static final int LOOKS = 60;
    private static final long PAUSE_NS = 3_000_000;

    private static final Path<MemoryDebugger> PATH = Path.<MemoryDebugger>named("memory-debugger")
            .repeat(session -> session.sleep(program -> program.chance.around(PAUSE_NS))
                    .run(MemoryDebugger::seize)
                    .repeat(look -> look.leaveIf(program -> program.looks++ == LOOKS)
                            .sleep(program -> program.chance.around(program.lookNs))
                            .call(MemoryDebugger::look))
                    .run(program -> program.target.release()))
            .end();

    private final Chance chance;
    private final UserProcess process;
    private final UserProcess target;
    private final List<CpuVma> maps;
    private final long lookNs;
    private int looks;

    /** Debugs {@code target}, whose mappings are {@code maps}, as {@code /proc/pid/maps} shows them; looks every {@code lookNs} or so. */
    MemoryDebugger(World world, UserProcess process, UserProcess target, List<CpuVma> maps, long lookNs) {
        this.chance = world.kernel().chanceOf(process.name());
        this.process = process;
        this.target = target;
        this.maps = maps;
        this.lookNs = lookNs;
    }

    private void seize() {
        looks = 0;
        if (!target.seize(process)) {
            throw new IllegalStateException(process.name() + " may not trace " + target.name());
        }
    }

    private @Nullable Call look() {
        if (maps.isEmpty()) {
            return null;
        }
        CpuVma vma = maps.get(chance.below(maps.size()));
        long page = chance.below((int) vma.bo().pages()) * TtmDevice.PAGE_BYTES;
        boolean write = chance.oneIn(5);
        return chance.oneIn(4)
                ? new PtraceAccess(vma, page + WORD_BYTES * chance.below(512), WORD_BYTES, write)
                : new PtraceAccess(vma, page, TtmDevice.PAGE_BYTES, write);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
