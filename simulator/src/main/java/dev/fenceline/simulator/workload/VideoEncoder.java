package dev.fenceline.simulator.workload;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.ImportSyncFile;
import dev.fenceline.simulator.sync.SyncFile;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.Vma;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A video encoder on the second GPU: imports each buffer, encodes each frame when the other GPU has decoded it, and gives the
 * buffer back when the bits are there. Now and then it drops an import, as players do whose cache of buffers is full.
 */
final class VideoEncoder extends OnDevice {
    private static final long BITSTREAM_BYTES = 1L << 20;
    private static final long ENCODE_NS = 4_000_000;
    private static final int CACHE_MISSES_ONE_IN = 6;

    private static final Path<VideoEncoder> PATH = Path.<VideoEncoder>named("video_encoder")
            .call(program -> program.driver.start(false))
            .call(program -> program.driver.buffer(BITSTREAM_BYTES, false, false, program.bitstream::set))
            .repeat(next -> next.await(
                            program -> program.pipe.changed(),
                            program -> program.pipe.hasDecoded() || program.pipe.isHungUp())
                    .when(program -> program.pipe.isHungUp(), VideoEncoder::dropAll)
                    .againIf(program -> !program.pipe.hasDecoded())
                    .run(program -> program.frame.set(program.pipe.nextDecoded()))
                    .when(
                            program -> !program.imported.containsKey(program.frame.get()),
                            first -> first.call(program ->
                                            program.driver.importBuffer(program.frame.get(), program.mapped::set))
                                    .run(program -> program.imported.put(program.frame.get(), program.mapped.get())))
                    .when(program -> !program.driver.syncsImplicitly(), VideoEncoder::fetchFence)
                    .call(VideoEncoder::encode)
                    .when(program -> !program.driver.syncsImplicitly(), VideoEncoder::leaveFence)
                    .call(program -> new FenceWait(program.encoded.get()))
                    .run(program -> program.encoded.get().put())
                    .when(
                            program -> program.chance.oneIn(CACHE_MISSES_ONE_IN),
                            full -> full.call(program -> program.driver.unmap(
                                    Objects.requireNonNull(program.imported.remove(program.frame.get())))))
                    .run(program -> program.pipe.giveBack(program.frame.get()))
                    .run(program -> program.frame.clear()))
            .end();

    private final World world;
    private final Chance chance;
    private final Frames pipe;
    private final Map<DmaBuf, BoVma> imported = new LinkedHashMap<>();
    private final Local<DmaBuf> frame = new Local<>();
    private final Local<BoVma> mapped = new Local<>();
    private final Local<BoVma> bitstream = new Local<>();
    private final Local<DmaFence> encoded = new Local<>();
    private final Local<SyncFile> acquire = new Local<>();
    private final Local<SyncFile> release = new Local<>();

    VideoEncoder(World world, UserProcess process, Device device, Frames pipe) {
        super(new UserModeDriver(world, process, device));
        this.world = world;
        this.chance = world.kernel().chanceOf(process.name());
        this.pipe = pipe;
    }

    /** A frame that it has not encoded goes back as it is. */
    @Override
    void letGo() {
        DmaBuf unfinished = frame.orNull();
        if (unfinished != null) {
            pipe.giveBack(unfinished);
        }
    }

    /** Nobody decodes into the buffers any more. */
    private static Path.Builder<VideoEncoder> dropAll(Path.Builder<VideoEncoder> path) {
        return path.run(program -> program.pipe.reopen())
                .repeat(each -> each.leaveIf(program -> program.imported.isEmpty())
                        .run(program -> program.frame.set(
                                program.imported.keySet().iterator().next()))
                        .call(program -> program.driver.unmap(
                                Objects.requireNonNull(program.imported.remove(program.frame.get())))));
    }

    /** What a driver of user space does whose kernel driver does not: takes the writer's fence out of the buffer. */
    private static Path.Builder<VideoEncoder> fetchFence(Path.Builder<VideoEncoder> path) {
        return path.run(program -> program.acquire.clear())
                .call(program ->
                        new Ioctl("DMA_BUF_IOCTL_EXPORT_SYNC_FILE", null, new Inline(program::exportSyncFile)));
    }

    /** {@code dma_buf_export_sync_file}: there is one writer, so the file holds its fence, or none if the write is done. */
    private void exportSyncFile() {
        DmaFence writer = frame.get().resv().firstPending(Usage.WRITE);
        if (writer != null) {
            acquire.set(new SyncFile(world.kernel(), writer, "dma-buf"));
        }
    }

    private Call encode() {
        SyncFile file = acquire.orNull();
        List<Vma> used = new ArrayList<>(2);
        used.add(bitstream.get());
        used.add(Objects.requireNonNull(imported.get(frame.get())));
        List<DmaFence> after = file == null ? List.of() : List.of(file.fence());
        return driver.exec(used, after, chance.around(ENCODE_NS), encoded::set);
    }

    private static Path.Builder<VideoEncoder> leaveFence(Path.Builder<VideoEncoder> path) {
        return path.run(program ->
                        program.release.set(new SyncFile(program.world.kernel(), program.encoded.get(), "encoder")))
                .call(program -> new Ioctl(
                        "DMA_BUF_IOCTL_IMPORT_SYNC_FILE",
                        null,
                        new ImportSyncFile(program.frame.get().resv(), program.release.get(), Usage.READ)))
                .run(VideoEncoder::closeFiles);
    }

    private void closeFiles() {
        release.get().release();
        SyncFile file = acquire.orNull();
        if (file != null) {
            file.release();
            acquire.clear();
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
