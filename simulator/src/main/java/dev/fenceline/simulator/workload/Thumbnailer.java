package dev.fenceline.simulator.workload;

import dev.fenceline.event.Placement;
import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.dmabuf.PollDmaBuf;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.vm.BoVma;
import java.util.List;

/** Draws small pictures for others, and is asked for the next one before the last is done: then it polls, and closes it unseen. */
final class Thumbnailer extends Call {
    private static final long BYTES = 1L << 20;
    private static final long FD = 30;
    private static final long DRAW_NS = 4_000_000;
    private static final long PAUSE_NS = 5_000_000;

    private static final Path<Thumbnailer> PATH = Path.<Thumbnailer>named("thumbnailer")
            .call(program -> program.driver.start(false))
            .repeat(each -> each.call(program -> program.driver.keepBuffer(BYTES, Placement.VRAM, program.made::set))
                    .call(program -> program.driver.map(program.made.get(), program.mapped::set))
                    .call(program -> program.driver.exec(
                            List.of(program.mapped.get()), program.chance.around(DRAW_NS), program.drawn::set))
                    .run(program -> program.drawn.get().put())
                    .call(program -> program.driver.export(program.made.get(), FD, program.picture::set))
                    .run(program -> program.picture.get().getFile())
                    .call(program -> PollDmaBuf.look(program.picture.get(), true))
                    .run(program -> program.picture.get().fput())
                    .run(program -> program.picture.get().close())
                    .call(program -> program.driver.unmap(program.mapped.get()))
                    .sleep(program -> program.chance.around(PAUSE_NS)))
            .end();

    private final UserModeDriver driver;
    private final Chance chance;
    private final Local<Bo> made = new Local<>();
    private final Local<BoVma> mapped = new Local<>();
    private final Local<DmaFence> drawn = new Local<>();
    private final Local<DmaBuf> picture = new Local<>();

    Thumbnailer(World world, UserProcess process) {
        this.driver = new UserModeDriver(world, process);
        this.chance = world.kernel().chanceOf(process.name());
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
