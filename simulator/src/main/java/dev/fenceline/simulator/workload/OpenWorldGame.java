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

/**
 * A game in an open world: a frame is a burst of three jobs (shadows, geometry, effects) on a render target and on the textures near
 * the player, who moves on; so what is far behind is thrown away and what comes up is loaded, while two frames are in flight.
 */
final class OpenWorldGame extends Call {
    private static final int TEXTURES = 12;
    private static final int NEAR = 4;
    private static final int STREAM_EVERY = 3;
    private static final int IN_FLIGHT = 6;
    private static final long TARGET_BYTES = 8L << 20;
    private static final long TEXTURE_BYTES = 6L << 20;
    private static final long SHADOWS_NS = 1_500_000;
    private static final long GEOMETRY_NS = 6_000_000;
    private static final long EFFECTS_NS = 2_500_000;
    private static final long GAME_LOGIC_NS = 4_000_000;

    private static final Path<OpenWorldGame> PATH = Path.<OpenWorldGame>named("open_world_game")
            .call(program -> program.driver.start(false))
            .call(program -> program.driver.buffer(TARGET_BYTES, false, false, program.target::set))
            .repeat(each -> each.leaveIf(program -> program.textures.size() == TEXTURES)
                    .call(program -> program.driver.buffer(TEXTURE_BYTES, false, false, program.textures::add)))
            .repeat(frame -> frame.run(program -> program.frames++)
                    .spend(program -> GAME_LOGIC_NS)
                    .when(program -> program.frames % STREAM_EVERY == 0, OpenWorldGame::stream)
                    .call(program -> program.draw(SHADOWS_NS))
                    .call(program -> program.draw(GEOMETRY_NS))
                    .call(program -> program.draw(EFFECTS_NS))
                    .repeat(full -> full.leaveIf(program -> program.inFlight.size() <= IN_FLIGHT)
                            .run(program -> program.oldest.set(program.inFlight.remove()))
                            .call(program -> new FenceWait(program.oldest.get()))
                            .run(program -> program.oldest.get().put())))
            .end();

    private final UserModeDriver driver;
    private final Chance chance;
    private final List<BoVma> textures = new ArrayList<>(TEXTURES);
    private final ArrayDeque<DmaFence> inFlight = new ArrayDeque<>();
    private final Local<BoVma> target = new Local<>();
    private final Local<DmaFence> oldest = new Local<>();
    private long frames;

    OpenWorldGame(World world, UserProcess process) {
        this.driver = new UserModeDriver(world, process);
        this.chance = world.kernel().chanceOf(process.name());
    }

    /** The texture farthest behind goes while jobs may still read it, and one comes that was never seen. */
    private static Path.Builder<OpenWorldGame> stream(Path.Builder<OpenWorldGame> path) {
        return path.call(program -> program.driver.unmap(program.textures.remove(0)))
                .call(program -> program.driver.buffer(TEXTURE_BYTES, false, false, program.textures::add));
    }

    private Call draw(long durationNs) {
        List<Vma> used = new ArrayList<>(NEAR + 1);
        used.add(target.get());
        int nearest = TEXTURES - NEAR - chance.below(NEAR);
        used.addAll(textures.subList(nearest, nearest + NEAR));
        return driver.exec(used, chance.around(durationNs), inFlight::add);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
