package dev.fenceline.simulator.workload;

import dev.fenceline.event.GrantHow;
import dev.fenceline.simulator.drm.Crtc;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.SyncFile;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.Vma;
import java.util.ArrayList;
import java.util.List;

/** A compositor that shows what clients draw: imports each new surface once, then blends all of them into one of its two frames. */
final class SurfaceCompositor extends Call {
    private static final int FRAMES = 2;
    private static final long FRAME_BYTES = 8L << 20;
    private static final long BLEND_NS = 1_500_000;

    private static final Path<SurfaceCompositor> PATH = Path.<SurfaceCompositor>named("surface_compositor")
            .call(program -> program.driver.start(false))
            .repeat(each -> each.leaveIf(program -> program.frames.size() == FRAMES)
                    .call(program -> program.driver.buffer(FRAME_BYTES, true, false, program.frames::add)))
            .repeat(frame -> frame.repeat(
                            news -> news.leaveIf(SurfaceCompositor::hasAll).call(SurfaceCompositor::importNext))
                    .call(SurfaceCompositor::blend)
                    .run(SurfaceCompositor::putDrawn)
                    .call(program -> new FenceWait(program.blended.get()))
                    .run(program -> program.blended.get().put())
                    .run(program -> program.flip.set(program.crtc.flip()))
                    .call(program -> program.flip.get().poll())
                    .run(program -> program.flip.get().release()))
            .end();

    private final World world;
    private final UserModeDriver driver;
    private final Crtc crtc;
    private final List<BoVma> frames = new ArrayList<>(FRAMES);
    private final List<BoVma> shown = new ArrayList<>();
    private final List<DmaFence> drawn = new ArrayList<>();
    private final Local<DmaFence> blended = new Local<>();
    private final Local<SyncFile> flip = new Local<>();
    private int frame;

    SurfaceCompositor(World world, UserProcess process) {
        this.world = world;
        this.driver = new UserModeDriver(world, process);
        this.crtc = new Crtc(world.kernel(), world.device());
    }

    private boolean hasAll() {
        return shown.size() == world.surfaces().size();
    }

    /** The surface comes as a dma-buf of the same device, so the import is the BO itself under a new handle. */
    private Call importNext() {
        Surface next = world.surfaces().get(shown.size());
        driver.file().client().createHandle(next.bo(), GrantHow.PRIME_FD);
        return driver.map(next.bo(), shown::add);
    }

    private Call blend() {
        List<Vma> used = new ArrayList<>(shown.size() + 1);
        used.add(frames.get(frame++ % FRAMES));
        used.addAll(shown);
        for (Surface surface : world.surfaces().subList(0, shown.size())) {
            DmaFence fence = surface.acquireFence();
            if (fence != null) {
                drawn.add(fence.get());
            }
        }
        return driver.exec(used, drawn, BLEND_NS, blended::set);
    }

    /** A client may commit its next frame, and close the file of this one, before the submission has found its fence. */
    private void putDrawn() {
        drawn.forEach(DmaFence::put);
        drawn.clear();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
