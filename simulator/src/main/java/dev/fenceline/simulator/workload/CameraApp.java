package dev.fenceline.simulator.workload;

import dev.fenceline.event.DmaAccess;
import dev.fenceline.event.DmaDirection;
import dev.fenceline.simulator.dmabuf.AttachDmaBuf;
import dev.fenceline.simulator.dmabuf.Attachment;
import dev.fenceline.simulator.dmabuf.DetachDmaBuf;
import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.dmabuf.DmaHeap;
import dev.fenceline.simulator.dmabuf.HeapBuffer;
import dev.fenceline.simulator.dmabuf.MapAttachment;
import dev.fenceline.simulator.dmabuf.PollDmaBuf;
import dev.fenceline.simulator.dmabuf.UnmapAttachment;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A camera's program, as libcamera does it: buffers of a heap go to the camera, a static importer without fences, and then to who shows
 * them. Before it gives a buffer to the camera again it polls until nobody uses it. Now and then it takes a new buffer.
 */
final class CameraApp extends Call {
    private static final int BUFFERS = 3;
    private static final long FIRST_FD = 40;
    private static final long FRAME_BYTES = 128 << 10;
    private static final long EXPOSURE_NS = 4_000_000;
    private static final int RETIRES_ONE_IN = 6;

    private static final Path<CameraApp> PATH = Path.<CameraApp>named("camera_app")
            .repeat(each -> each.leaveIf(program -> program.attachments.size() == BUFFERS)
                    .call(program -> new Ioctl("DMA_HEAP_IOCTL_ALLOC", null, new Inline(program::allocate)))
                    .run(program -> program.made.get().dmabuf().getByFd())
                    .call(program -> program.attach.set(
                            AttachDmaBuf.statically(program.made.get().dmabuf(), program.camera)))
                    .run(CameraApp::ready))
            .repeat(next -> next.await(program -> program.pipe.changed(), program -> program.pipe.hasFree())
                    .run(program -> program.frame.set(program.pipe.nextFree()))
                    .when(
                            program -> program.chance.oneIn(RETIRES_ONE_IN),
                            retire -> retire.call(CameraApp::detach)
                                    .run(CameraApp::close)
                                    .call(program ->
                                            new Ioctl("DMA_HEAP_IOCTL_ALLOC", null, new Inline(program::allocate)))
                                    .run(program -> program.made.get().dmabuf().getByFd())
                                    .call(program -> program.attach.set(AttachDmaBuf.statically(
                                            program.made.get().dmabuf(), program.camera)))
                                    .run(CameraApp::ready))
                    .againIf(program -> !program.attachments.containsKey(program.frame.get()))
                    .call(program -> PollDmaBuf.await(program.frame.get(), true))
                    .call(program -> new Ioctl("VIDIOC_QBUF", null, program.map()))
                    .run(program -> program.attachment()
                            .readAddresses(program.mapped.get().table()))
                    .sleep(program -> EXPOSURE_NS)
                    .run(CameraApp::capture)
                    .call(program -> new Ioctl(
                            "VIDIOC_DQBUF",
                            null,
                            new UnmapAttachment(
                                    program.attachment(), program.mapped.get().table())))
                    .run(program -> program.pipe.offer(program.frame.get())))
            .end();

    private final Kernel kernel;
    private final DmaHeap heap;
    private final Chance chance;
    private final Frames pipe;
    private final long camera;
    private final Map<DmaBuf, Attachment> attachments = new LinkedHashMap<>();
    private final Map<DmaBuf, HeapBuffer> buffers;
    private final Local<HeapBuffer> made = new Local<>();
    private final Local<AttachDmaBuf> attach = new Local<>();
    private final Local<DmaBuf> frame = new Local<>();
    private final Local<MapAttachment> mapped = new Local<>();
    private long fds = FIRST_FD;

    /** @param buffers where it leaves what the heap gave it, for those who map it */
    CameraApp(World world, UserProcess process, DmaHeap heap, Map<DmaBuf, HeapBuffer> buffers, Frames pipe) {
        this.kernel = world.kernel();
        this.heap = heap;
        this.chance = kernel.chanceOf(process.name());
        this.camera = kernel.newId();
        this.buffers = buffers;
        this.pipe = pipe;
    }

    private void allocate() {
        made.set(heap.allocate(FRAME_BYTES, fds++));
    }

    private void ready() {
        DmaBuf dmabuf = made.get().dmabuf();
        attachments.put(dmabuf, attach.get().attachment());
        buffers.put(dmabuf, made.get());
        pipe.add(dmabuf);
    }

    private Attachment attachment() {
        return Objects.requireNonNull(attachments.get(frame.get()));
    }

    private Call detach() {
        return new DetachDmaBuf(Objects.requireNonNull(attachments.remove(frame.get())));
    }

    private void close() {
        DmaBuf dmabuf = frame.get();
        pipe.retire(dmabuf);
        buffers.remove(dmabuf);
        dmabuf.put();
        dmabuf.close();
    }

    private Call map() {
        return mapped.set(MapAttachment.unlocked(attachment(), DmaDirection.FROM));
    }

    private void capture() {
        kernel.emit(DmaAccess.builder()
                .device(camera)
                .attachment(attachment().id())
                .sgTable(mapped.get().table().id())
                .write(true));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
