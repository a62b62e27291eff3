package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.Syncobj;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.userq.Batch;
import dev.fenceline.simulator.userq.WaitInfo;
import dev.fenceline.simulator.vm.BoVma;
import java.util.ArrayList;
import java.util.List;

/**
 * A program with a window, on a user-mode queue: draws into one of two surfaces that the compositor shows, from textures of its own. Now
 * and then it draws by way of a buffer that it throws away.
 */
final class WindowClient extends Call {
    /** How many surfaces it draws into in turn. */
    static final int SURFACES = 2;

    private static final int TEXTURES = 3;
    private static final long TEXTURE_BYTES = 8L << 20;
    private static final long SURFACE_BYTES = 3L << 20;
    private static final long SCRATCH_BYTES = 2L << 20;
    private static final long FRAME_NS = 16_000_000;
    private static final long DRAW_NS = 5_000_000;
    private static final int SCRATCH_ONE_IN = 3;

    private static final Path<WindowClient> PATH = Path.<WindowClient>named("window_client")
            .call(program -> program.driver.start())
            .repeat(each -> each.leaveIf(program -> program.textures.size() == TEXTURES)
                    .call(program ->
                            program.driver.memory().buffer(TEXTURE_BYTES, false, false, program.textures::add)))
            .repeat(each -> each.leaveIf(program -> program.surfaces.size() == SURFACES)
                    .call(program -> program.driver.memory().buffer(SURFACE_BYTES, true, false, program.surfaces::add)))
            .repeat(frame -> frame.sleep(program -> program.chance.around(FRAME_NS))
                    .run(WindowClient::nextSurface)
                    .call(program ->
                            program.driver.waitFor(List.of(program.surface.get().bo()), List.of(), program.after::set))
                    .call(WindowClient::draw)
                    .when(program -> program.chance.oneIn(SCRATCH_ONE_IN), WindowClient::drawByScratch)
                    .call(program -> program.driver.await(program.drawn)))
            .end();

    private final UserQueueDriver driver;
    private final Chance chance;
    private final Syncobj drawn;
    private final List<BoVma> textures = new ArrayList<>(TEXTURES);
    private final List<BoVma> surfaces = new ArrayList<>(SURFACES);
    private final Local<BoVma> surface = new Local<>();
    private final Local<BoVma> scratch = new Local<>();
    private final Local<List<WaitInfo>> after = new Local<>();
    private int frame;

    WindowClient(World world, UserProcess process) {
        this.driver = new UserQueueDriver(world, process, world.device());
        this.chance = world.kernel().chanceOf(process.name());
        this.drawn = new Syncobj(world.kernel());
    }

    /** The surfaces, as far as they are made. */
    List<Bo> surfaces() {
        return surfaces.stream().map(BoVma::bo).toList();
    }

    private void nextSurface() {
        surface.set(surfaces.get(frame++ % SURFACES));
    }

    private Call draw() {
        List<BoVma> used = new ArrayList<>(TEXTURES + 1);
        used.add(surface.get());
        used.addAll(textures);
        Batch batch = Batch.of(used, DRAW_NS).waitingFor(after.get());
        return driver.work(batch, List.of(surface.get().bo()), List.of(), drawn);
    }

    private static Path.Builder<WindowClient> drawByScratch(Path.Builder<WindowClient> path) {
        return path.call(program -> program.driver.memory().buffer(SCRATCH_BYTES, false, false, program.scratch::set))
                .call(program -> program.driver.work(
                        Batch.of(List.of(program.scratch.get(), program.textures.get(0)), DRAW_NS),
                        List.of(),
                        List.of(),
                        program.drawn))
                .call(program -> program.driver.memory().unmap(program.scratch.get()));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
