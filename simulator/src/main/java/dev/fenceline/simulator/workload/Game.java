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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** A game: more textures than VRAM holds, a few of them each frame, two frames in flight, and scratch buffers that come and go. */
final class Game extends Call {
    private static final int TEXTURES = 6;
    private static final long TEXTURE_BYTES = 6L << 20;
    private static final long SCRATCH_BYTES = 5L << 20;
    private static final int IN_FLIGHT = 2;
    private static final int SCRATCH_EVERY = 4;
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
                                            program.driver.buffer(SCRATCH_BYTES, false, true, program.scratch::set))
                                    .call(program -> program.driver.exec(
                                            program.withScratch(), SHADOWS_NS, program.inFlight::add))
                                    .call(program -> program.driver.unmap(program.scratch.get())))
                    .call(program -> program.driver.exec(program.chosen(), DRAW_NS, program.inFlight::add))
                    .repeat(full -> full.leaveIf(program -> program.inFlight.size() <= IN_FLIGHT)
                            .run(program -> program.oldest.set(program.inFlight.remove()))
                            .call(program -> new FenceWait(program.oldest.get()))
                            .run(program -> program.oldest.get().put()))
                    .spend(program -> PAUSE_NS))
            .end();

    private final UserModeDriver driver;
    private final Chance chance;
    private final List<BoVma> textures = new ArrayList<>(TEXTURES);
    private final ArrayDeque<DmaFence> inFlight = new ArrayDeque<>();
    private final Local<BoVma> scratch = new Local<>();
    private final Local<DmaFence> oldest = new Local<>();
    private int frames;

    Game(World world, UserProcess process) {
        this.driver = new UserModeDriver(world, process);
        this.chance = world.kernel().chanceOf(process.name());
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
