package dev.fenceline.simulator.workload;

import dev.fenceline.event.Placement;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.CpuTouch;
import dev.fenceline.simulator.ttm.CpuVma;
import dev.fenceline.simulator.vm.BoVma;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A painter: mixes colours in memory that it always has mapped, and for each stroke takes a new canvas and looks at it at once. */
final class Painter extends OnDevice {
    private static final long PALETTE_BYTES = 64L << 10;
    private static final long CANVAS_BYTES = 1L << 20;
    private static final long STROKE_NS = 400_000;
    private static final long PAUSE_NS = 5_000_000;

    private static final Path<Painter> PATH = Path.<Painter>named("painter")
            .call(program -> program.driver.start(false))
            .call(program -> program.driver.keepBuffer(PALETTE_BYTES, Placement.VRAM, program.palette::set))
            .call(program -> program.driver.mmap(program.palette.get(), program.maps::add))
            .repeat(stroke -> stroke.call(Painter::mix)
                    .call(program -> program.driver.buffer(CANVAS_BYTES, true, true, program.canvas::set))
                    .call(program -> program.driver.mmap(program.canvas.get().bo(), program.maps::add))
                    .call(Painter::look)
                    .call(program -> program.driver.exec(List.of(program.canvas.get()), STROKE_NS, DmaFence::put))
                    .call(Painter::look)
                    .run(Painter::turnAway)
                    .call(program -> program.driver.unmap(program.canvas.get()))
                    .call(Painter::mix)
                    .sleep(program -> program.chance.around(PAUSE_NS)))
            .end();

    private final Chance chance;
    private final List<CpuVma> maps;
    private final Local<Bo> palette = new Local<>();
    private final Local<BoVma> canvas = new Local<>();

    /** A painter that has not started; {@code maps} shows its mappings, as {@code /proc/pid/maps} does. */
    Painter(World world, UserProcess process, Device device, List<CpuVma> maps) {
        super(new UserModeDriver(world, process, device));
        this.chance = world.kernel().chanceOf(process.name() + " " + device.id());
        this.maps = maps;
    }

    private Call mix() {
        return touch(maps.get(0));
    }

    private @Nullable Call look() {
        return maps.size() < 2 ? null : touch(maps.get(1));
    }

    private Call touch(CpuVma vma) {
        return new CpuTouch(vma, chance.below((int) vma.bo().pages()), chance.oneIn(2));
    }

    private void turnAway() {
        if (maps.size() > 1) {
            maps.remove(1).unmap();
        }
    }

    @Override
    @Nullable Call linger() {
        return maps.isEmpty() ? null : mix();
    }

    @Override
    void letGo() {
        maps.forEach(CpuVma::unmap);
        maps.clear();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
