package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.CpuTouch;
import dev.fenceline.simulator.ttm.CpuVma;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.Vma;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** A game: more textures than VRAM holds, a few of them each frame, two frames in flight, and scratch buffers that come and go. */
final class Game extends Call {
    private static final int TEXTURES = 6;
    private static final long TEXTURE_BYTES = 6L << 20;
    private static final long SCRATCH_BYTES = 5L << 20;
    private static final long WINDOW_BYTES = 2L << 20;
    private static final int LOOKS = 8;
    private static final long PRY_ADDRESS = 0x7d00_0000_0000L;
    private static final int WINDOW_PAGES = 512;
    private static final int WINDOW_EVERY = 3;
    private static final int IN_FLIGHT = 2;
    private static final int SCRATCH_EVERY = 2;
    private static final long SHADOWS_NS = 4_000_000;
    private static final long DRAW_NS = 12_000_000;
    private static final long PAUSE_NS = 22_000_000;

    private static final Path<Game> PATH = Path.<Game>named("game")
            .call(program -> program.driver.start(false))
            .repeat(each -> each.leaveIf(program -> program.textures.size() == TEXTURES)
                    .call(program -> program.driver.buffer(TEXTURE_BYTES, false, false, program.textures::add)))
            .repeat(frame -> frame.run(program -> program.frames++)
                    .when(
                            program -> program.frames % SCRATCH_EVERY == 0,
                            scratch -> scratch.call(program ->
                                            program.driver.buffer(SCRATCH_BYTES, false, false, program.scratch::set))
                                    .call(program -> program.driver.mmap(
                                            program.scratch.get().bo(), program.upload::set))
                                    .call(program -> program.touch(0))
                                    .call(program -> program.driver.exec(
                                            program.withScratch(), SHADOWS_NS, program.inFlight::add))
                                    .call(program -> program.touch(program.chance.below(1000)))
                                    .run(program -> program.upload.get().unmap())
                                    .run(program -> program.stale = program.driver
                                            .file()
                                            .client()
                                            .handleOf(program.scratch.get().bo()))
                                    .call(program -> program.driver.unmap(program.scratch.get())))
                    .when(program -> program.frames % WINDOW_EVERY == 1, Game::showWindow)
                    .run(Game::pry)
                    .call(program -> program.driver.exec(program.chosen(), DRAW_NS, program.inFlight::add))
                    .repeat(full -> full.leaveIf(program -> program.inFlight.size() <= IN_FLIGHT)
                            .run(program -> program.oldest.set(program.inFlight.remove()))
                            .call(program -> new FenceWait(program.oldest.get()))
                            .run(program -> program.oldest.get().put()))
                    .run(program -> program.looks = 0)
                    .repeat(look -> look.leaveIf(program -> program.looks++ == LOOKS)
                            .spend(program -> PAUSE_NS / LOOKS)
                            .run(Game::useStaleHandle)))
            .end();

    private final World world;
    private final UserModeDriver driver;
    private final Chance chance;
    private final List<BoVma> textures = new ArrayList<>(TEXTURES);
    private final ArrayDeque<DmaFence> inFlight = new ArrayDeque<>();
    private final Local<BoVma> scratch = new Local<>();
    private final Local<BoVma> window = new Local<>();
    private final Local<CpuVma> upload = new Local<>();
    private final Local<DmaFence> oldest = new Local<>();
    private int frames;
    private long stale;
    private int looks;

    Game(World world, UserProcess process) {
        this.world = world;
        this.driver = new UserModeDriver(world, process);
        this.chance = world.kernel().chanceOf(process.name());
    }

    /** Draws into a new window, shows it under a name, and lets go of the one before. */
    private static Path.Builder<Game> showWindow(Path.Builder<Game> path) {
        return path.call(program -> {
                    BoVma old = program.window.orNull();
                    return old == null ? null : program.driver.unmap(old);
                })
                .call(program -> program.driver.buffer(WINDOW_BYTES, true, true, program.window::set))
                .call(program -> program.driver.mmap(program.window.get().bo(), program.upload::set))
                .call(program -> program.touch(program.chance.below(WINDOW_PAGES)))
                .run(program -> program.upload.get().unmap())
                .call(program -> program.driver.exec(List.of(program.window.get()), SHADOWS_NS, program.inFlight::add))
                .run(program -> program.world.showWindow(
                        program.world.device().names().name(program.window.get().bo())));
    }

    /** Tries to map what belongs to somebody else. */
    private void pry() {
        Bo bo = world.leaked();
        CpuVma vma = bo == null ? null : driver.file().client().mmap(bo, PRY_ADDRESS);
        if (vma != null) {
            vma.unmap();
        }
    }

    /** Asks for a buffer whose handle it has closed. */
    private void useStaleHandle() {
        if (stale != 0) {
            driver.file().client().lookup(stale);
        }
    }

    private Call touch(long page) {
        return new CpuTouch(upload.get(), page, true);
    }

    private List<Vma> withScratch() {
        return List.of(scratch.get(), textures.get(chance.below(TEXTURES)));
    }

    private List<Vma> chosen() {
        int first = chance.below(TEXTURES);
        int second = (first + 1 + chance.below(TEXTURES - 1)) % TEXTURES;
        return List.of(textures.get(first), textures.get(second));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
