package dev.fenceline.simulator.workload;

import dev.fenceline.event.DmaAccess;
import dev.fenceline.event.DmaDirection;
import dev.fenceline.simulator.dmabuf.AttachDmaBuf;
import dev.fenceline.simulator.dmabuf.Attachment;
import dev.fenceline.simulator.dmabuf.DetachDmaBuf;
import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.dmabuf.MapAttachment;
import dev.fenceline.simulator.dmabuf.PollDmaBuf;
import dev.fenceline.simulator.dmabuf.UnmapAttachment;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;

/**
 * A program that has an NPU look at some of the frames (ivpu_gem.c): a static importer, which relies on the memory staying where it is as
 * long as it has it mapped, and attaches for each frame anew.
 */
final class FrameAnalyser extends Call {
    private static final int LOOKS_ONE_IN = 3;
    private static final long LOOK_NS = 2_000_000;

    private static final Path<FrameAnalyser> PATH = Path.<FrameAnalyser>named("frame_analyser")
            .repeat(next -> next.await(program -> program.from.changed(), program -> program.from.hasDecoded())
                    .run(program -> program.frame.set(program.from.nextDecoded()))
                    .when(program -> program.chance.oneIn(LOOKS_ONE_IN), FrameAnalyser::look)
                    .run(program -> program.back.giveBack(program.frame.get())))
            .end();

    private final Kernel kernel;
    private final Chance chance;
    private final long npu;
    private final Frames from;
    private final Frames back;
    private final Local<DmaBuf> frame = new Local<>();
    private final Local<AttachDmaBuf> attach = new Local<>();
    private final Local<MapAttachment> map = new Local<>();

    FrameAnalyser(World world, UserProcess process, Frames from, Frames back) {
        this.kernel = world.kernel();
        this.chance = kernel.chanceOf(process.name());
        this.npu = kernel.newId();
        this.from = from;
        this.back = back;
    }

    private static Path.Builder<FrameAnalyser> look(Path.Builder<FrameAnalyser> path) {
        return path.run(program -> program.frame.get().getByFd())
                .call(program -> new Ioctl("DRM_IOCTL_PRIME_FD_TO_HANDLE", null, program.attach()))
                .call(program -> program.map.set(MapAttachment.unlocked(program.attachment(), DmaDirection.TO)))
                .run(program ->
                        program.attachment().readAddresses(program.map.get().table()))
                .call(program -> PollDmaBuf.await(program.frame.get(), false))
                .run(FrameAnalyser::read)
                .sleep(program -> LOOK_NS)
                .call(program -> new UnmapAttachment(
                        program.attachment(), program.map.get().table()))
                .call(program -> new DetachDmaBuf(program.attachment()))
                .run(program -> program.frame.get().put());
    }

    private Call attach() {
        return attach.set(AttachDmaBuf.statically(frame.get(), npu));
    }

    private Attachment attachment() {
        return attach.get().attachment();
    }

    private void read() {
        kernel.emit(DmaAccess.builder()
                .device(npu)
                .attachment(attachment().id())
                .sgTable(map.get().table().id())
                .write(false));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
