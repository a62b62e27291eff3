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
import dev.fenceline.simulator.vm.Vma;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A video decoder on the first GPU: decodes frames into a handful of buffers that the other GPU imported, by what it knows of the
 * frames before, and hands a frame on when its job is submitted.
 */
final class VideoDecoder extends OnDevice {
    private static final int REFERENCES = 2;
    private static final long FIRST_FD = 20;
    private static final long FRAME_BYTES = 3L << 20;
    private static final long REFERENCE_BYTES = 4L << 20;
    private static final long DECODE_NS = 2_500_000;
    private static final long PARSE_NS = 400_000;

    private static final Path<VideoDecoder> PATH = Path.<VideoDecoder>named("video_decoder")
            .call(program -> program.driver.start(false))
            .repeat(each -> each.leaveIf(program -> program.references.size() == REFERENCES)
                    .call(program -> program.driver.buffer(REFERENCE_BYTES, false, false, program.references::add)))
            .repeat(each -> each.leaveIf(program -> program.targets.size() == program.frames)
                    .call(program -> program.driver.keepBuffer(FRAME_BYTES, Placement.TT, program.made::set))
                    .call(program -> program.driver.export(
                            program.made.get(), FIRST_FD + program.targets.size(), program.frame::set))
                    .call(program -> program.driver.map(program.made.get(), program.mapped::set))
                    .run(VideoDecoder::ready))
            .repeat(next -> next.await(program -> program.pipe.changed(), program -> program.pipe.hasFree())
                    .run(program -> program.frame.set(program.pipe.nextFree()))
                    .spend(program -> PARSE_NS)
                    .call(VideoDecoder::decode)
                    .when(program -> !program.driver.syncsImplicitly(), VideoDecoder::leaveFence)
                    .run(program -> program.decoded.get().put())
                    .run(program -> program.pipe.offer(program.frame.get())))
            .end();

    private final World world;
    private final Chance chance;
    private final int frames;
    private final Frames pipe;
    private final List<BoVma> references = new ArrayList<>(REFERENCES);
    private final Map<DmaBuf, BoVma> targets = new LinkedHashMap<>();
    private final Local<Bo> made = new Local<>();
    private final Local<DmaBuf> frame = new Local<>();
    private final Local<BoVma> mapped = new Local<>();
    private final Local<DmaFence> decoded = new Local<>();
    private final Local<SyncFile> fenceFile = new Local<>();

    /** A decoder that shares so many buffers. */
    VideoDecoder(World world, UserProcess process, Device device, int frames, Frames pipe) {
        super(new UserModeDriver(world, process, device));
        this.world = world;
        this.chance = world.kernel().chanceOf(process.name());
        this.frames = frames;
        this.pipe = pipe;
    }

    private void ready() {
        targets.put(frame.get(), mapped.get());
        pipe.add(frame.get());
    }

    @Override
    void letGo() {
        pipe.hangUp();
        targets.keySet().forEach(DmaBuf::close);
    }

    private Call decode() {
        List<Vma> used = new ArrayList<>(REFERENCES + 1);
        used.add(Objects.requireNonNull(targets.get(frame.get())));
        used.addAll(references);
        return driver.exec(used, chance.around(DECODE_NS), decoded::set);
    }

    /** What a driver of user space does whose kernel driver does not: leaves the fence with the buffer, as a write. */
    private static Path.Builder<VideoDecoder> leaveFence(Path.Builder<VideoDecoder> path) {
        return path.run(program ->
                        program.fenceFile.set(new SyncFile(program.world.kernel(), program.decoded.get(), "decoder")))
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
