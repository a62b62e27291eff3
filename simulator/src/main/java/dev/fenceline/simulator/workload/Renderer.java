package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.SyncPoint;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.Submission;
import java.util.ArrayList;
import java.util.List;

/**
 * A program with explicit synchronisation, as Mesa submits for Vulkan: each frame is two jobs on a timeline, the second of which also waits
 * until the frame before was given back. It never runs further ahead than two frames.
 */
public final class Renderer extends Call {
    /** The renderer adds a point that lies before the last one (rule A-Y03). */
    public static final Deviation COUNTS_BACK = new Deviation("timeline-point-goes-back");

    private static final int TEXTURES = 2;
    private static final long TEXTURE_BYTES = 2L << 20;
    private static final int AHEAD = 2;

    private static final Path<Renderer> PATH = Path.<Renderer>named("renderer")
            .call(program -> program.driver.start(false))
            .repeat(each -> each.leaveIf(program -> program.textures.size() == TEXTURES)
                    .call(program -> program.driver.buffer(TEXTURE_BYTES, false, false, program.textures::add)))
            .repeat(frame -> frame.run(program -> program.frame++)
                    .call(program -> program.driver.exec(program.shadows(), program.fence::set))
                    .run(program -> program.fence.get().put())
                    .call(program -> program.driver.exec(program.picture(), program.fence::set))
                    .run(program -> program.fence.get().put())
                    .when(
                            program -> program.frame > AHEAD,
                            full -> full.call(program ->
                                    program.chain.rendered().await(Swapchain.renderedPoint(program.frame - AHEAD))))
                    .call(program -> program.driver.exec(program.tooEarly(), program.fence::set))
                    .run(program -> program.fence.get().put())
                    .spend(program -> program.frameNs))
            .end();

    private final Kernel kernel;
    private final UserModeDriver driver;
    private final Swapchain chain;
    private final long frameNs;
    private final List<BoVma> textures = new ArrayList<>(TEXTURES);
    private final Local<DmaFence> fence = new Local<>();
    private long frame;

    Renderer(World world, UserProcess process, Swapchain chain, long frameNs) {
        this.kernel = world.kernel();
        this.driver = new UserModeDriver(world, process);
        this.chain = chain;
        this.frameNs = frameNs;
    }

    private Submission shadows() {
        long last = Swapchain.renderedPoint(frame - 1);
        return Submission.of(textures, frameNs / 8)
                .taking(2)
                .syncing(
                        frame == 1 ? List.of() : List.of(new SyncPoint(chain.rendered(), last)),
                        List.of(new SyncPoint(chain.rendered(), last + 1)));
    }

    /** A job that waits for the frame after this one, which the kernel refuses. */
    private Submission tooEarly() {
        return Submission.of(textures, frameNs / 8)
                .syncing(List.of(new SyncPoint(chain.rendered(), Swapchain.renderedPoint(frame + 1))), List.of());
    }

    private Submission picture() {
        long point = Swapchain.renderedPoint(frame);
        List<SyncPoint> in = new ArrayList<>(2);
        in.add(new SyncPoint(chain.rendered(), point - 1));
        DmaFence released = frame > AHEAD ? chain.released().find(frame - AHEAD) : null;
        if (released != null) {
            released.put();
            in.add(new SyncPoint(chain.released(), frame - AHEAD));
        }
        boolean back = frame > AHEAD && kernel.deviates(COUNTS_BACK);
        return Submission.of(textures, frameNs / 4)
                .syncing(in, List.of(new SyncPoint(chain.rendered(), back ? point - 1 : point)));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
