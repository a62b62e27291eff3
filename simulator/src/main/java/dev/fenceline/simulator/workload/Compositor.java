package dev.fenceline.simulator.workload;

import dev.fenceline.event.BoUse;
import dev.fenceline.simulator.drm.Crtc;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.SyncFile;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.Validate;
import dev.fenceline.simulator.vm.BoVma;
import java.util.ArrayList;
import java.util.List;

/** A compositor: draws a frame, pins it for scanout, flips to it, and unpins the one before; sixty times a second. */
public final class Compositor extends Call {
    /** A wait whose time was up is taken for one that succeeded (rule A-F15). */
    public static final Deviation TIMEOUT_IS_DONE = new Deviation("timed-out-wait-is-taken-for-done");

    private static final int BUFFERS = 3;
    private static final long BUFFER_BYTES = 8L << 20;
    private static final long DRAW_NS = 3_000_000;
    private static final long WAIT_NS = 2_000_000;
    private static final long PAUSE_NS = 500_000;

    private static final Path<Compositor> PATH = Path.<Compositor>named("compositor")
            .call(program -> program.driver.start(false))
            .repeat(each -> each.leaveIf(program -> program.buffers.size() == BUFFERS)
                    .call(program -> program.driver.buffer(BUFFER_BYTES, true, false, program.buffers::add)))
            .repeat(frame -> frame.run(Compositor::nextBuffer)
                    .call(program -> program.driver.exec(List.of(program.back.get()), DRAW_NS, program.drawn::set))
                    .call(program -> program.pin
                            .set(new PinForScanout(program.back.get().bo()))
                            .asIoctl(program))
                    .repeat(wait -> wait.call(
                                    program -> program.wait.set(new FenceWait(program.drawn.get(), true, WAIT_NS)))
                            .leaveIf(Compositor::takesForDrawn))
                    .run(Compositor::useDrawn)
                    .when(program -> program.pin.get().succeeded(), Compositor::show)
                    .spend(program -> PAUSE_NS))
            .end();

    private final UserModeDriver driver;
    private final Crtc crtc;
    private final List<BoVma> buffers = new ArrayList<>(BUFFERS);
    private final Local<BoVma> back = new Local<>();
    private final Local<Bo> front = new Local<>();
    private final Local<DmaFence> drawn = new Local<>();
    private final Local<FenceWait> wait = new Local<>();
    private final Local<PinForScanout> pin = new Local<>();
    private final Local<SyncFile> flip = new Local<>();
    private int frame;

    Compositor(World world, UserProcess process) {
        this.driver = new UserModeDriver(world, process);
        this.crtc = new Crtc(world.kernel(), world.device());
    }

    private static Path.Builder<Compositor> show(Path.Builder<Compositor> path) {
        return path.run(program -> program.flip.set(program.crtc.flip()))
                .call(program -> program.flip.get().poll())
                .run(program -> program.flip.get().release())
                .call(program -> {
                    Bo shown = program.front.orNull();
                    return shown == null ? null : new Unpin(shown);
                })
                .run(program -> program.front.set(program.back.get().bo()));
    }

    /** Waits again as long as the time is up before the frame is drawn. */
    private boolean takesForDrawn() {
        return wait.get().result() > 0 || kernel().deviates(TIMEOUT_IS_DONE);
    }

    private void useDrawn() {
        kernel().emit(BoUse.builder().bo(back.get().bo().id()).after(drawn.get().id()));
        drawn.get().put();
    }

    private void nextBuffer() {
        back.set(buffers.get(frame++ % BUFFERS));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }

    /** intel_plane_pin_fb: the buffer must be in VRAM and stay there. */
    private static final class PinForScanout extends Call {
        private static final Path<PinForScanout> PIN = Path.<PinForScanout>named("__xe_pin_fb_vma")
                .call(pin -> new LockResv(pin.bo.resv()))
                .call(pin -> pin.validate.set(new Validate(pin.bo, true)))
                .when(PinForScanout::succeeded, stays -> stays.run(pin -> pin.bo.pin()))
                .run(pin -> pin.bo.resv().lock().release(pin.task()))
                .end();

        private final Bo bo;
        private final Local<Validate> validate = new Local<>();

        PinForScanout(Bo bo) {
            this.bo = bo;
        }

        boolean succeeded() {
            return validate.get().result() == 0;
        }

        Ioctl asIoctl(Compositor program) {
            return new Ioctl(
                    "DRM_IOCTL_MODE_ATOMIC",
                    program.driver.file().client(),
                    this,
                    () -> validate.get().result());
        }

        @Override
        protected Path<?> path() {
            return PIN;
        }
    }

    /** intel_plane_unpin_fb, of the buffer that is no longer shown. */
    private static final class Unpin extends Call {
        private static final Path<Unpin> UNPIN = Path.<Unpin>named("__xe_unpin_fb_vma")
                .call(unpin -> new LockResv(unpin.bo.resv()))
                .run(unpin -> unpin.bo.unpin())
                .run(unpin -> unpin.bo.resv().lock().release(unpin.task()))
                .end();

        private final Bo bo;

        Unpin(Bo bo) {
            this.bo = bo;
        }

        @Override
        protected Path<?> path() {
            return UNPIN;
        }
    }
}
