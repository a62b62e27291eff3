package dev.fenceline.simulator.drm;

import dev.fenceline.event.FenceKind;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceProvider;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.sync.SyncFile;
import org.jspecify.annotations.Nullable;

/** A display pipe that shows another frame at each vertical blank, and signals the out-fence of the flip when it does. */
public final class Crtc {
    /** The event of one vertical blank gets lost, so the flip is never reported as done (rule A-F07). */
    public static final Deviation LOSES_FLIP = new Deviation("flip-done-is-lost");

    /** 60 Hz. */
    private static final long FRAME_NS = 16_666_667;

    private static final String NAME = "crtc-0";

    private final Kernel kernel;
    private final Device device;
    private final Timeline timeline;
    private @Nullable DmaFence pending;

    /** A pipe of {@code device} that starts to scan out now. */
    public Crtc(Kernel kernel, Device device) {
        this.kernel = kernel;
        this.device = device;
        this.timeline = new Timeline(
                kernel,
                kernel.newFenceContexts(1),
                device.bus(),
                NAME,
                FenceKind.SOFTWARE,
                FenceProvider.independent(device.variant().driver(), device.id(), device.id()));
        kernel.agenda().after(FRAME_NS, this::verticalBlank);
    }

    /** Shows the next frame from the next vertical blank on; the one before must have been shown. The file is the out-fence. */
    public SyncFile flip() {
        if (pending != null) {
            throw new IllegalStateException("the flip before is not done");
        }
        DmaFence done = timeline.next(null, null);
        SyncFile file = new SyncFile(kernel, done, NAME);
        done.handOff();
        pending = done;
        return file;
    }

    private void verticalBlank() {
        kernel.agenda().after(FRAME_NS, this::verticalBlank);
        DmaFence done = pending;
        if (done != null) {
            kernel.enter(device.interrupt());
            pending = null;
            if (!kernel.deviates(LOSES_FLIP)) {
                done.signalFromInterrupt();
                done.put();
            }
        }
    }
}
