package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.CpuTouch;
import dev.fenceline.simulator.ttm.CpuVma;
import dev.fenceline.simulator.vm.BoVma;
import java.util.ArrayList;
import java.util.List;

/**
 * An image viewer: draws into buffers with the GPU and looks at them through mappings of its own. One of them it never looks at, so
 * that nothing brings it within the CPU's reach.
 */
final class Viewer extends Call {
    private static final long BUFFER_BYTES = 2L << 20;
    private static final int BUFFERS = 4;
    private static final int LOOKED_AT = 3;
    private static final long LOOK_NS = 3_000_000;
    private static final long DRAW_NS = 1_000_000;

    private static final Path<Viewer> PATH = Path.<Viewer>named("viewer")
            .call(program -> program.driver.start(false))
            .repeat(each -> each.leaveIf(program -> program.buffers.size() == BUFFERS)
                    .call(program -> program.driver.buffer(BUFFER_BYTES, true, false, program.buffers::add))
                    .call(Viewer::map))
            .repeat(look -> look.sleep(program -> program.chance.around(LOOK_NS))
                    .call(Viewer::touch)
                    .when(program -> program.chance.oneIn(3), draw -> draw.call(Viewer::draw))
                    .when(
                            program -> program.chance.oneIn(8),
                            next -> next.run(program -> program.old.set(program.buffers.remove(0)))
                                    .run(program -> program.maps.remove(0).unmap())
                                    .call(program -> program.driver.unmap(program.old.get()))
                                    .run(program -> program.old.clear())
                                    .call(program ->
                                            program.driver.buffer(BUFFER_BYTES, true, false, program.buffers::add))
                                    .call(Viewer::map)))
            .end();

    private final UserModeDriver driver;
    private final Chance chance;
    private final List<CpuVma> maps;
    private final List<BoVma> buffers = new ArrayList<>(BUFFERS);
    private final Local<BoVma> old = new Local<>();

    /** A viewer that has not started; {@code maps} shows its mappings, as {@code /proc/pid/maps} does. */
    Viewer(World world, UserProcess process, List<CpuVma> maps) {
        this.driver = new UserModeDriver(world, process);
        this.chance = world.kernel().chanceOf(process.name());
        this.maps = maps;
    }

    private Call map() {
        return driver.mmap(buffers.get(buffers.size() - 1).bo(), maps::add);
    }

    private Call touch() {
        CpuVma vma = maps.get(chance.below(LOOKED_AT));
        return new CpuTouch(vma, chance.below((int) vma.bo().pages()), chance.oneIn(2));
    }

    private Call draw() {
        int first = chance.below(BUFFERS);
        return driver.exec(
                List.of(buffers.get(first), buffers.get((first + 1) % BUFFERS)), chance.around(DRAW_NS), DmaFence::put);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
