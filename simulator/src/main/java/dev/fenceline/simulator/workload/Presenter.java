package dev.fenceline.simulator.workload;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.SyncFile;
import dev.fenceline.simulator.sync.SyncPoint;
import dev.fenceline.simulator.sync.Syncobj;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.Submission;
import java.util.List;

/**
 * Shows the frames of a {@link Renderer}: waits until a frame is submitted, draws it into a buffer that others read with implicit
 * synchronisation, gives it back on the second timeline, and takes the fences of the buffer out as files and puts them back, as
 * {@code DMA_BUF_IOCTL_EXPORT_SYNC_FILE} and its counterpart do.
 */
public final class Presenter extends Call {
    /** The fences of a sync file are added to a reservation that is not locked any more (rule A-R01). */
    public static final Deviation IMPORTS_UNLOCKED = new Deviation("sync-file-is-imported-unlocked");

    private static final long BUFFER_BYTES = 4L << 20;
    private static final int RESET_EVERY = 4;

    private static final Path<Presenter> PATH = Path.<Presenter>named("presenter")
            .call(program -> program.driver.start(false))
            .call(program -> program.driver.buffer(BUFFER_BYTES, true, false, program.shown::set))
            .repeat(each -> each.run(program -> program.frame++)
                    .call(program -> program.chain.rendered().await(Swapchain.renderedPoint(program.frame)))
                    .call(program -> program.driver.exec(program.composition(), program.fence::set))
                    .run(program -> program.fence.get().put())
                    .run(Presenter::exportFences)
                    .call(program -> new LockResv(program.shown.get().bo().resv()))
                    .run(Presenter::importFences)
                    .call(program -> program.merged.get().poll())
                    .run(Presenter::closeFiles))
            .end();

    private final Kernel kernel;
    private final UserModeDriver driver;
    private final Swapchain chain;
    private final Syncobj drawn;
    private final long frameNs;
    private final Local<BoVma> shown;
    private final Local<DmaFence> fence = new Local<>();
    private final Local<SyncFile> implicit = new Local<>();
    private final Local<SyncFile> explicit = new Local<>();
    private final Local<SyncFile> merged = new Local<>();
    private long frame;

    /** {@code shown} is told the buffer, for others to read. */
    Presenter(World world, UserProcess process, Swapchain chain, Local<BoVma> shown, long frameNs) {
        this.kernel = world.kernel();
        this.driver = new UserModeDriver(world, process);
        this.chain = chain;
        this.shown = shown;
        this.drawn = new Syncobj(kernel);
        this.frameNs = frameNs;
    }

    private Submission composition() {
        return Submission.of(List.of(shown.get()), frameNs / 8)
                .syncing(
                        List.of(new SyncPoint(chain.rendered(), Swapchain.renderedPoint(frame))),
                        List.of(new SyncPoint(chain.released(), frame), new SyncPoint(drawn, 0)))
                .syncing(Submission.Implicit.WRITES);
    }

    private void exportFences() {
        DmaFence all = shown.get().bo().resv().singleton(Usage.READ);
        implicit.set(new SyncFile(kernel, all, "dma_buf"));
        all.put();
        SyncFile own = drawn.exportFile();
        if (own == null) {
            throw new IllegalStateException("nothing was drawn");
        }
        explicit.set(own);
        merged.set(SyncFile.merge(kernel, implicit.get(), own));
        if (frame % RESET_EVERY == 0) {
            drawn.replace(null);
        }
    }

    private void importFences() {
        boolean unlocked = kernel.deviates(IMPORTS_UNLOCKED);
        if (unlocked) {
            shown.get().bo().resv().lock().release(task());
        }
        shown.get().bo().resv().importFence(merged.get().fence(), Usage.READ);
        if (!unlocked) {
            shown.get().bo().resv().lock().release(task());
        }
    }

    private void closeFiles() {
        implicit.get().release();
        explicit.get().release();
        merged.get().release();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
