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

/** A compositor on a user-mode queue: sixty times a second it puts the windows' surfaces together, behind the fences left with them. */
final class RingCompositor extends Call {
    private static final int SCREENS = 2;
    private static final long SCREEN_BYTES = 8L << 20;
    private static final long FRAME_NS = 16_666_667;
    private static final long STARTUP_NS = 4_000_000;
    private static final long COMPOSE_NS = 3_000_000;

    private static final Path<RingCompositor> PATH = Path.<RingCompositor>named("ring_compositor")
            .call(program -> program.driver.start())
            .repeat(each -> each.leaveIf(program -> program.screens.size() == SCREENS)
                    .call(program -> program.driver.memory().buffer(SCREEN_BYTES, true, false, program.screens::add)))
            .repeat(wait -> wait.leaveIf(RingCompositor::canImport).sleep(program -> STARTUP_NS))
            .repeat(each -> each.leaveIf(program -> program.windows.size() == WindowClient.SURFACES)
                    .call(program -> program.driver
                            .memory()
                            .importAndMap(program.client.surfaces().get(program.windows.size()), program.windows::add)))
            .repeat(frame -> frame.sleep(program -> FRAME_NS - program.kernel().nowNs() % FRAME_NS)
                    .run(program -> program.screen.set(program.screens.get(program.frame++ % SCREENS)))
                    .call(program -> program.driver.waitFor(program.written(), program.read(), program.after::set))
                    .call(RingCompositor::compose)
                    .call(program -> program.driver.await(program.composed)))
            .end();

    private final UserQueueDriver driver;
    private final Chance chance;
    private final WindowClient client;
    private final Syncobj composed;
    private final List<BoVma> screens = new ArrayList<>(SCREENS);
    private final List<BoVma> windows = new ArrayList<>(WindowClient.SURFACES);
    private final Local<BoVma> screen = new Local<>();
    private final Local<List<WaitInfo>> after = new Local<>();
    private int frame;

    RingCompositor(World world, UserProcess process, WindowClient client) {
        this.driver = new UserQueueDriver(world, process, world.device());
        this.chance = world.kernel().chanceOf(process.name());
        this.client = client;
        this.composed = new Syncobj(world.kernel());
    }

    private boolean canImport() {
        return client.surfaces().size() == WindowClient.SURFACES;
    }

    private List<Bo> written() {
        return List.of(screen.get().bo());
    }

    private List<Bo> read() {
        return windows.stream().map(BoVma::bo).toList();
    }

    private Call compose() {
        List<BoVma> used = new ArrayList<>(WindowClient.SURFACES + 1);
        used.add(screen.get());
        used.addAll(windows);
        Batch batch = Batch.of(used, chance.around(COMPOSE_NS)).waitingFor(after.get());
        return driver.work(batch, written(), read(), composed);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
