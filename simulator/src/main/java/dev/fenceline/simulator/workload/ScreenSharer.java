package dev.fenceline.simulator.workload;

import dev.fenceline.event.CpuAccess;
import dev.fenceline.event.CpuAccessOrigin;
import dev.fenceline.event.DmaDirection;
import dev.fenceline.simulator.dmabuf.BeginCpuAccess;
import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.dmabuf.DmaBufVma;
import dev.fenceline.simulator.dmabuf.HeapBuffer;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import java.util.Map;

/**
 * A program that shows each frame on a screen behind USB, whose driver reads it with the CPU (udl_modeset.c), and reads some of it itself,
 * through a mapping of its own, to write a time stamp into it.
 */
final class ScreenSharer extends Call {
    private static final long STAMP_BYTES = 256;
    private static final long COPY_NS = 600_000;
    private static final int THROUGH_HANDLE_ONE_IN = 2;

    private static final Path<ScreenSharer> PATH = Path.<ScreenSharer>named("screen_sharer")
            .repeat(next -> next.await(program -> program.from.changed(), program -> program.from.hasDecoded())
                    .run(program -> program.frame.set(program.from.nextDecoded()))
                    .run(ScreenSharer::mmap)
                    .when(program -> program.vma.orNull() != null, ScreenSharer::stamp)
                    .call(program -> new LockResv(program.frame.get().resv()))
                    .run(program -> program.frame.get().vmap())
                    .run(program -> program.frame.get().resv().lock().release(program.task()))
                    .call(program -> program.begin(DmaDirection.FROM, CpuAccessOrigin.KERNEL))
                    .spend(program -> COPY_NS)
                    .run(ScreenSharer::readAll)
                    .run(program -> program.bracket.get().end())
                    .call(program -> new LockResv(program.frame.get().resv()))
                    .run(program -> program.frame.get().vunmap())
                    .run(program -> program.frame.get().resv().lock().release(program.task()))
                    .run(program -> program.frame.get().fput())
                    .run(program -> program.back.giveBack(program.frame.get())))
            .end();

    private final Kernel kernel;
    private final Chance chance;
    private final Frames from;
    private final Frames back;
    private final long gpu;
    private final Map<DmaBuf, HeapBuffer> buffers;
    private final Local<DmaBuf> frame = new Local<>();
    private final Local<DmaBufVma> vma = new Local<>();
    private final Local<BeginCpuAccess.Bracket> bracket = new Local<>();

    /**
     * @param gpu the device whose handles it may map
     * @param back where frames go when they were shown
     */
    ScreenSharer(
            World world, UserProcess process, long gpu, Map<DmaBuf, HeapBuffer> buffers, Frames from, Frames back) {
        this.kernel = world.kernel();
        this.chance = kernel.chanceOf(process.name());
        this.gpu = gpu;
        this.buffers = buffers;
        this.from = from;
        this.back = back;
    }

    private static Path.Builder<ScreenSharer> stamp(Path.Builder<ScreenSharer> path) {
        return path.call(program -> program.sync(DmaDirection.FROM))
                .run(program -> program.vma.get().touch(0, STAMP_BYTES, false))
                .call(ScreenSharer::syncEnd)
                .call(program -> program.sync(DmaDirection.BI))
                .run(program -> program.vma.get().touch(0, STAMP_BYTES, false))
                .run(program -> program.vma.get().touch(0, STAMP_BYTES, true))
                .call(ScreenSharer::syncEnd)
                .run(program -> program.vma.get().unmap());
    }

    /** Maps the frame by its descriptor, or by a handle of the GPU; the file is kept meanwhile, as a descriptor of its own keeps it. */
    private void mmap() {
        DmaBuf dmabuf = frame.get();
        dmabuf.getFile();
        vma.clear();
        HeapBuffer buffer = buffers.get(dmabuf);
        if (buffer != null) {
            vma.set(chance.oneIn(THROUGH_HANDLE_ONE_IN) ? DmaBufVma.through(gpu, buffer) : DmaBufVma.of(buffer));
        }
    }

    private Call begin(DmaDirection direction, CpuAccessOrigin origin) {
        return new BeginCpuAccess(bracket.set(new BeginCpuAccess.Bracket(frame.get(), direction, origin)));
    }

    private Call sync(DmaDirection direction) {
        return new Ioctl("DMA_BUF_IOCTL_SYNC", null, begin(direction, CpuAccessOrigin.IOCTL));
    }

    private Call syncEnd() {
        return new Ioctl(
                "DMA_BUF_IOCTL_SYNC", null, new Inline(() -> bracket.get().end()));
    }

    private void readAll() {
        DmaBuf dmabuf = frame.get();
        kernel.emit(CpuAccess.builder()
                .dmabuf(dmabuf.id())
                .offset(0)
                .length(dmabuf.bytes())
                .write(false));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
