package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.dmabuf.DmaHeap;
import dev.fenceline.simulator.dmabuf.HeapBuffer;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.UserProcess;
import java.util.LinkedHashMap;
import java.util.Map;

/** Programs that share buffers, between devices and with the CPU. */
public final class DmaBufPrograms {
    private static final long FILTER_NS = 1_500_000;
    private static final long SHOW_NS = 2_500_000;
    private static final int STREAMED_FRAMES = 3;

    private DmaBufPrograms() {}

    /** A camera, a program that improves its frames on the GPU, and one that shows them on a screen without a GPU. */
    public static void cameraPreview(World world) {
        Device gpu = world.device();
        DmaHeap heap = new DmaHeap(world.kernel(), gpu.variant(), "system");
        Map<DmaBuf, HeapBuffer> buffers = new LinkedHashMap<>();
        Frames captured = new Frames();
        Frames filtered = new Frames();
        UserProcess camera = world.process("camera");
        Programs.start(world, camera, new CameraApp(world, camera, heap, buffers, captured));
        UserProcess filter = world.process("filter");
        Programs.start(
                world,
                filter,
                new FrameFilter(
                        world, filter, gpu, captured, filtered, true, FrameFilter.Reach.PEER_TO_PEER, FILTER_NS));
        UserProcess sharer = world.process("sharer");
        Programs.start(world, sharer, new ScreenSharer(world, sharer, gpu.id(), buffers, filtered, captured));
    }

    /** A program that draws frames in VRAM, a second GPU that reads them there if it can, and an NPU that cannot. */
    public static void peers(World world) {
        Frames drawn = new Frames();
        Frames shown = new Frames();
        UserProcess source = world.process("source");
        Programs.start(world, source, new FrameSource(world, source, world.device(), drawn));
        UserProcess presenter = world.process("presenter");
        Programs.start(
                world,
                presenter,
                new FrameFilter(
                        world,
                        presenter,
                        world.devices().get(1),
                        drawn,
                        shown,
                        false,
                        FrameFilter.Reach.MOSTLY_PEER_TO_PEER,
                        SHOW_NS));
        UserProcess analyser = world.process("analyser");
        Programs.start(world, analyser, new FrameAnalyser(world, analyser, shown, drawn));
    }

    /** A program whose pictures nobody waits for. */
    public static void thumbnailer(World world) {
        UserProcess process = world.process("thumbnailer");
        Programs.start(world, process, new Thumbnailer(world, process));
    }

    /** A player that decodes on the GPU with the display, and a streamer that encodes its frames on a GPU in the dock. */
    public static void dockedStreamer(World world) {
        Frames pipe = new Frames();
        UserProcess player = world.process("player");
        Programs.start(world, player, new VideoDecoder(world, player, world.device(), STREAMED_FRAMES, pipe));
        UserProcess streamer = world.process("streamer");
        Programs.start(
                world,
                streamer,
                new Survivor(
                        world, streamer, Programs.DOCK, device -> new VideoEncoder(world, streamer, device, pipe)));
    }
}
