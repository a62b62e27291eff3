package dev.fenceline.simulator.workload;

import dev.fenceline.event.Placement;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.ImportSyncFile;
import dev.fenceline.simulator.sync.SyncFile;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.vm.BoVma;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Draws frames into buffers in VRAM that another GPU imports, and takes a new buffer for one that was used a few times. */
final class FrameSource extends Call {
    private static final int FRAMES = 3;
    private static final int LIVES = 5;
    private static final long FIRST_FD = 20;
    private static final long FRAME_BYTES = 2L << 20;
    private static final long DRAW_NS = 1_000_000;

    private static final Path<FrameSource> PATH = Path.<FrameSource>named("frame_source")
            .call(program -> program.driver.start(false))
            .repeat(each -> make(each.leaveIf(program -> program.targets.size() == FRAMES)))
            .repeat(next -> next.await(program -> program.pipe.changed(), program -> program.pipe.hasFree())
                    .run(program -> program.frame.set(program.pipe.nextFree()))
                    .when(
                            program -> program.target().lives == 0,
                            old -> make(old.run(FrameSource::retire)
                                    .call(program -> program.driver.unmap(program.retired.get()))))
                    .againIf(program -> !program.targets.containsKey(program.frame.get()))
                    .call(FrameSource::draw)
                    .when(program -> !program.driver.syncsImplicitly(), FrameSource::leaveFence)
                    .run(program -> program.drawn.get().put())
                    .run(program -> program.pipe.offer(program.frame.get())))
            .end();

    private static final class Target {
        private final BoVma mapped;
        private int lives = LIVES;

        Target(BoVma mapped) {
            this.mapped = mapped;
        }
    }

    private final World world;
    private final UserModeDriver driver;
    private final Chance chance;
    private final Frames pipe;
    private final Map<DmaBuf, Target> targets = new LinkedHashMap<>();
    private final Local<Bo> made = new Local<>();
    private final Local<DmaBuf> exported = new Local<>();
    private final Local<BoVma> mapped = new Local<>();
    private final Local<BoVma> retired = new Local<>();
    private final Local<DmaBuf> frame = new Local<>();
    private final Local<DmaFence> drawn = new Local<>();
    private final Local<SyncFile> fenceFile = new Local<>();
    private long fds = FIRST_FD;

    FrameSource(World world, UserProcess process, Device device, Frames pipe) {
        this.world = world;
        this.driver = new UserModeDriver(world, process, device);
        this.chance = world.kernel().chanceOf(process.name());
        this.pipe = pipe;
    }

    private static Path.Builder<FrameSource> make(Path.Builder<FrameSource> path) {
        return path.call(program -> program.driver.keepBuffer(FRAME_BYTES, Placement.VRAM, program.made::set))
                .call(program -> program.driver.export(program.made.get(), program.fds++, program.exported::set))
                .call(program -> program.driver.map(program.made.get(), program.mapped::set))
                .run(FrameSource::ready);
    }

    private void ready() {
        targets.put(exported.get(), new Target(mapped.get()));
        pipe.add(exported.get());
    }

    private Target target() {
        return Objects.requireNonNull(targets.get(frame.get()));
    }

    private void retire() {
        retired.set(target().mapped);
        targets.remove(frame.get());
        pipe.retire(frame.get());
        frame.get().close();
    }

    private Call draw() {
        Target target = target();
        target.lives--;
        return driver.exec(List.of(target.mapped), chance.around(DRAW_NS), drawn::set);
    }

    /** What a driver of user space does whose kernel driver does not: leaves the fence with the buffer, as a write. */
    private static Path.Builder<FrameSource> leaveFence(Path.Builder<FrameSource> path) {
        return path.run(program ->
                        program.fenceFile.set(new SyncFile(program.world.kernel(), program.drawn.get(), "source")))
                .call(program -> new Ioctl(
                        "DMA_BUF_IOCTL_IMPORT_SYNC_FILE",
                        null,
                        new ImportSyncFile(program.frame.get().resv(), program.fenceFile.get(), Usage.WRITE)))
                .run(program -> program.fenceFile.get().release());
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
