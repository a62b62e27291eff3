package dev.fenceline.simulator.workload;

import dev.fenceline.event.BoUse;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.drm.Client;
import dev.fenceline.simulator.drm.Crtc;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.SyncFile;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.CpuTouch;
import dev.fenceline.simulator.ttm.CpuVma;
import dev.fenceline.simulator.ttm.TtmDevice;
import dev.fenceline.simulator.ttm.Validate;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.Vma;
import java.util.ArrayList;
import java.util.List;

/** A compositor: draws a frame, pins it for scanout, flips to it, and unpins the one before; sixty times a second. */
public final class Compositor extends Call {
    /** The buffer no longer shown is unpinned without its reservation (rule A-T03). */
    public static final Deviation UNPINS_UNLOCKED = new Deviation("unpin-without-reservation");
    /** A wait whose time was up is taken for one that succeeded (rule A-F15). */
    public static final Deviation TIMEOUT_IS_DONE = new Deviation("timed-out-wait-is-taken-for-done");

    private static final int BUFFERS = 3;
    private static final long BUFFER_BYTES = 8L << 20;
    private static final int SCREEN_PAGES = (int) (BUFFER_BYTES / TtmDevice.PAGE_BYTES);
    private static final int THUMBNAILS = 8;
    private static final long THUMBNAIL_BYTES = 1L << 20;
    private static final long CURSOR_BYTES = 1L << 18;
    private static final int CURSOR_EVERY = 6;
    private static final int READ_EVERY = 4;
    private static final int RENEW_EVERY = 2;
    private static final int WINDOW_EVERY = 5;
    private static final long DRAW_NS = 3_000_000;
    private static final long WAIT_NS = 2_000_000;
    private static final long PAUSE_NS = 500_000;

    private static final Path<Compositor> PATH = Path.<Compositor>named("compositor")
            .call(program -> program.driver.start(false))
            .repeat(each -> each.leaveIf(program -> program.buffers.size() == BUFFERS)
                    .call(program -> program.driver.buffer(BUFFER_BYTES, true, true, program.buffers::add))
                    .call(program -> program.driver.mmap(
                            program.buffers.get(program.buffers.size() - 1).bo(), program.screens::add)))
            .repeat(each -> each.leaveIf(program -> program.thumbnails.size() == THUMBNAILS)
                    .call(program -> program.driver.keepBuffer(THUMBNAIL_BYTES, Placement.TT, program::addThumbnail))
                    .call(program -> program.driver.mmap(program.lastThumbnail(), program.thumbnails::add)))
            .run(program -> program.world.leakOffset(program.lastThumbnail()))
            .call(program -> program.driver.buffer(CURSOR_BYTES, true, true, program::setCursor))
            .repeat(frame -> frame.run(Compositor::nextBuffer)
                    .call(program -> program.frame % CURSOR_EVERY == 1
                            ? program.cursor.get().remap()
                            : null)
                    .run(program -> program.cursor.get().draw())
                    .call(Compositor::touchThumbnail)
                    .when(program -> program.frame % RENEW_EVERY == 0, Compositor::renewThumbnail)
                    .call(program -> program.frame % READ_EVERY == 0 ? new Readback(program.somethingToRead()) : null)
                    .call(program -> new CpuTouch(program.screen(), program.chance.below(SCREEN_PAGES), true))
                    .when(program -> program.frame % WINDOW_EVERY == 0, Compositor::takeWindow)
                    .call(program -> program.driver.map(
                            program.thumbnails.get(program.frame % THUMBNAILS).bo(), program.zoomed::set))
                    .call(program -> program.driver.exec(program.used(), DRAW_NS, program.drawn::set))
                    .call(program -> program.driver.unbind(program.zoomed.get()))
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
    private final World world;
    private final Chance chance;
    private final List<BoVma> buffers = new ArrayList<>(BUFFERS);
    private final List<CpuVma> screens = new ArrayList<>(BUFFERS);
    private final List<Bo> images = new ArrayList<>(THUMBNAILS);
    private final List<CpuVma> thumbnails = new ArrayList<>(THUMBNAILS);
    private final Local<Cursor> cursor = new Local<>();
    private final Local<BoVma> zoomed = new Local<>();
    private final Local<BoVma> window = new Local<>();
    private final Local<Bo> opened = new Local<>();
    private final Local<BoVma> back = new Local<>();
    private final Local<Bo> front = new Local<>();
    private final Local<DmaFence> drawn = new Local<>();
    private final Local<FenceWait> wait = new Local<>();
    private final Local<PinForScanout> pin = new Local<>();
    private final Local<SyncFile> flip = new Local<>();
    private int frame;

    Compositor(World world, UserProcess process) {
        this.world = world;
        this.chance = world.kernel().chanceOf(process.name());
        this.driver = new UserModeDriver(world, process);
        this.crtc = new Crtc(world.kernel(), world.device());
    }

    /** Another picture takes the place of the oldest one. */
    private static Path.Builder<Compositor> renewThumbnail(Path.Builder<Compositor> path) {
        return path.run(program -> program.thumbnails.remove(0).unmap())
                .call(program -> program.driver.close(program.images.remove(0)))
                .call(program -> program.driver.keepBuffer(THUMBNAIL_BYTES, Placement.TT, program::addThumbnail))
                .call(program -> program.driver.mmap(program.lastThumbnail(), program.thumbnails::add))
                .call(program -> new CpuTouch(program.thumbnails.get(THUMBNAILS - 1), 0, true))
                .run(program -> program.world.leakOffset(program.lastThumbnail()));
    }

    /** Opens the window shown last by its name, if it is still there, and lets go of the one before. */
    private static Path.Builder<Compositor> takeWindow(Path.Builder<Compositor> path) {
        return path.call(program -> {
                    BoVma old = program.window.orNull();
                    return old == null ? null : program.driver.unmap(old);
                })
                .run(program -> program.window.clear())
                .run(Compositor::openWindow)
                .call(program -> {
                    Bo opened = program.opened.orNull();
                    return opened == null ? null : program.driver.map(opened, program.window::set);
                });
    }

    private void openWindow() {
        opened.clear();
        Client client = driver.file().client();
        long name = Math.max(0, world.window() - chance.below(2));
        long handle = name == 0 ? 0 : world.device().names().open(client, name);
        Bo bo = handle == 0 ? null : client.lookup(handle);
        if (bo != null) {
            opened.set(bo);
            bo.put();
        }
    }

    private List<Vma> used() {
        BoVma shown = window.orNull();
        return shown == null ? List.of(back.get(), zoomed.get()) : List.of(back.get(), zoomed.get(), shown);
    }

    private void addThumbnail(Bo bo) {
        images.add(bo);
    }

    private Bo lastThumbnail() {
        return images.get(images.size() - 1);
    }

    private void setCursor(BoVma vma) {
        cursor.set(new Cursor(vma.bo()));
    }

    private Call touchThumbnail() {
        CpuVma vma = thumbnails.get(chance.below(THUMBNAILS));
        return new CpuTouch(vma, chance.below((int) vma.bo().pages()), chance.oneIn(2));
    }

    private Bo somethingToRead() {
        return chance.oneIn(2) ? back.get().bo() : images.get(chance.below(THUMBNAILS));
    }

    private CpuVma screen() {
        return screens.get(buffers.indexOf(back.get()));
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
                .call(pin -> pin.validate.set(new Validate(pin.bo, true, false)))
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
                .call(unpin -> unpin.kernel().deviates(UNPINS_UNLOCKED) ? null : new LockResv(unpin.bo.resv()))
                .run(unpin -> unpin.bo.unpin())
                .run(Unpin::unlock)
                .end();

        private final Bo bo;

        Unpin(Bo bo) {
            this.bo = bo;
        }

        private void unlock() {
            if (bo.resv().lock().isHeldBy(task())) {
                bo.resv().lock().release(task());
            }
        }

        @Override
        protected Path<?> path() {
            return UNPIN;
        }
    }
}
