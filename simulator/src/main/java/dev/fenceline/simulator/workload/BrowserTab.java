package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.Vma;
import java.util.ArrayList;
import java.util.List;

/**
 * A page of a browser, in a process of its own: a few tiles and one surface that the compositor shows. Most pages do nothing most of
 * the time, and then scroll: a handful of frames, for each of which some tiles are painted anew.
 */
final class BrowserTab extends Call {
    private static final int TILES = 3;
    private static final int FRAMES_OF_A_SCROLL = 6;
    private static final long TILE_BYTES = 256L << 10;
    private static final long SURFACE_BYTES = 1L << 20;
    private static final long PAINT_NS = 300_000;
    private static final long FRAME_NS = 16_666_667;
    private static final long IDLE_NS = 120_000_000;

    private static final Path<BrowserTab> PATH = Path.<BrowserTab>named("browser_tab")
            .call(program -> program.driver.start(false))
            .call(program -> program.driver.buffer(SURFACE_BYTES, true, false, program.target::set))
            .repeat(each -> each.leaveIf(program -> program.tiles.size() == TILES)
                    .call(program -> program.driver.buffer(TILE_BYTES, false, false, program.tiles::add)))
            .run(BrowserTab::offer)
            .repeat(life -> life.run(program -> program.frame = 0)
                    .repeat(scroll -> scroll.leaveIf(program -> program.frame++ == FRAMES_OF_A_SCROLL)
                            .when(program -> program.chance.oneIn(3), BrowserTab::repaint)
                            .call(BrowserTab::draw)
                            .call(program -> new FenceWait(program.drawn.get()))
                            .run(program -> program.surface.get().commit(program.drawn.get()))
                            .sleep(program -> FRAME_NS))
                    .sleep(program -> program.chance.around(IDLE_NS)))
            .end();

    private final World world;
    private final UserProcess process;
    private final UserModeDriver driver;
    private final Chance chance;
    private final List<BoVma> tiles = new ArrayList<>(TILES);
    private final Local<BoVma> target = new Local<>();
    private final Local<Surface> surface = new Local<>();
    private final Local<DmaFence> drawn = new Local<>();
    private int frame;

    BrowserTab(World world, UserProcess process) {
        this.world = world;
        this.process = process;
        this.driver = new UserModeDriver(world, process);
        this.chance = world.kernel().chanceOf(process.name());
    }

    private void offer() {
        surface.set(new Surface(world.kernel(), process, target.get().bo()));
        world.surfaces().add(surface.get());
    }

    /** One in three frames brings a part of the page into view that has no tile yet: the oldest tile goes for it. */
    private static Path.Builder<BrowserTab> repaint(Path.Builder<BrowserTab> path) {
        return path.call(program -> program.driver.unmap(program.tiles.remove(0)))
                .call(program -> program.driver.buffer(TILE_BYTES, false, false, program.tiles::add));
    }

    private Call draw() {
        List<Vma> used = new ArrayList<>(TILES + 1);
        used.add(target.get());
        used.addAll(tiles);
        return driver.exec(used, chance.around(PAINT_NS), drawn::set);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
