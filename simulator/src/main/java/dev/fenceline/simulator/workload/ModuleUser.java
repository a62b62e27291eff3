package dev.fenceline.simulator.workload;

import dev.fenceline.event.Placement;
import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.drm.Client;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.SyncFile;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.vm.BoVma;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A program that has all that outlives a device: a second file of it, which does nothing, a dma-buf, and a file with the fence of a job.
 * When the device is gone it closes the file it works with, and then the three, one after the other, each time another one last.
 */
final class ModuleUser extends Call {
    private static final long GAP_NS = 20_000_000;
    private static final long LOOKS_NS = 5_000_000;
    private static final long IDLE_FD = 50;
    private static final int KEPT = 3;

    private static final Path<ModuleUser> PATH = Path.<ModuleUser>named("module_user")
            .repeat(life -> life.repeat(
                            gone -> gone.leaveIf(ModuleUser::isThere).sleep(program -> LOOKS_NS))
                    .run(ModuleUser::begin)
                    .call(program -> program.work())
                    .run(program -> program.work().driver.file().client().deleteHandles())
                    .call(program -> program.work().driver.close(program.world))
                    .repeat(each -> each.leaveIf(program -> program.dropped == KEPT)
                            .sleep(program -> GAP_NS)
                            .run(ModuleUser::drop)))
            .end();

    private final World world;
    private final UserProcess process;
    private final Local<Client> idle = new Local<>();
    private int lives;
    private int dropped;
    private @Nullable Work work;

    ModuleUser(World world, UserProcess process) {
        this.world = world;
        this.process = process;
    }

    private boolean isThere() {
        return !world.device().drm().isUnplugged();
    }

    private void begin() {
        Device device = world.device();
        Work begun = new Work(new UserModeDriver(world, process, device));
        begun.driver.file().client().onGone(begun);
        idle.set(new Client(kernel(), device, process, IDLE_FD));
        work = begun;
        dropped = 0;
        lives++;
    }

    private Work work() {
        if (work == null) {
            throw new IllegalStateException("the program has not begun");
        }
        return work;
    }

    private void drop() {
        switch ((lives + dropped) % KEPT) {
            case 0 -> work().closeFence();
            case 1 -> work().letGo();
            default -> idle.get().close();
        }
        dropped++;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }

    /** Submits a job now and then. */
    private static final class Work extends OnDevice {
        private static final long FD = 20;
        private static final long BYTES = 1L << 20;
        private static final long JOB_NS = 800_000;
        private static final long PAUSE_NS = 4_000_000;

        private static final Path<Work> PATH = Path.<Work>named("module_user_work")
                .call(work -> work.driver.start(false))
                .call(work -> work.driver.keepBuffer(BYTES, Placement.TT, work.shared::set))
                .call(work -> work.driver.export(work.shared.get(), FD, work.dmabuf::set))
                .call(work -> work.driver.buffer(BYTES, false, false, work.scratch::set))
                .repeat(each -> each.call(
                                work -> work.driver.exec(List.of(work.scratch.get()), JOB_NS, work::keepFence))
                        .sleep(work -> PAUSE_NS))
                .end();

        private final Local<Bo> shared = new Local<>();
        private final Local<DmaBuf> dmabuf = new Local<>();
        private final Local<BoVma> scratch = new Local<>();
        private @Nullable SyncFile kept;

        Work(UserModeDriver driver) {
            super(driver);
        }

        private void keepFence(DmaFence fence) {
            if (kept == null) {
                kept = new SyncFile(kernel(), fence, "job");
            }
            fence.put();
        }

        void closeFence() {
            if (kept != null) {
                kept.release();
            }
        }

        @Override
        void letGo() {
            DmaBuf exported = dmabuf.orNull();
            if (exported != null) {
                exported.close();
            }
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}
