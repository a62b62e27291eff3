package dev.fenceline.simulator.workload;

import dev.fenceline.event.NotifierModel;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.Unmap;
import dev.fenceline.simulator.vm.RegisterUserptr;
import dev.fenceline.simulator.vm.SubmitCs;
import dev.fenceline.simulator.vm.SubmitExecbuf;
import dev.fenceline.simulator.vm.UserptrBoVma;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A filter that works on images where the program has them, in its own memory: each job names all of them, and now and then
 * the program gets new memory for a part of one.
 */
final class ImageFilter extends Call {
    /** Where the images lie in the program's memory, one after the other. */
    static final long HEAP = 0x7f00_0000_0000L;

    /** The size of an image. */
    static final long IMAGE_BYTES = 16 * Mm.PAGE_BYTES;

    /** How many images there are. */
    static final int IMAGES = 4;

    private static final long TILE_BYTES = 2 * Mm.PAGE_BYTES;
    private static final long FILTER_NS = 700_000;
    private static final long THINK_NS = 400_000;
    private static final int IN_FLIGHT = 2;

    private static final Path<ImageFilter> PATH = Path.<ImageFilter>named("image-filter")
            .call(program -> program.driver.start(false))
            .repeat(each -> each.leaveIf(program -> program.images.size() == IMAGES)
                    .call(ImageFilter::register)
                    .run(program -> program.images.add(program.registered.get().vma())))
            .repeat(frame -> frame.call(ImageFilter::submit)
                    .run(program -> program.inFlight.add(program.submitted.get().get()))
                    .when(program -> program.chance.oneIn(3), part -> part.call(ImageFilter::remap))
                    .sleep(program -> program.chance.around(THINK_NS))
                    .repeat(full -> full.leaveIf(program -> program.inFlight.size() <= IN_FLIGHT)
                            .run(program -> program.oldest.set(program.inFlight.remove()))
                            .call(program -> new FenceWait(program.oldest.get()))
                            .run(program -> program.oldest.get().put())))
            .end();

    private final UserModeDriver driver;
    private final Mm mm;
    private final Chance chance;
    private final List<UserptrBoVma> images = new ArrayList<>(IMAGES);
    private final ArrayDeque<DmaFence> inFlight = new ArrayDeque<>();
    private final Local<RegisterUserptr> registered = new Local<>();
    private final Local<Supplier<DmaFence>> submitted = new Local<>();
    private final Local<DmaFence> oldest = new Local<>();

    /** A filter that has not started. */
    ImageFilter(World world, UserProcess process) {
        this.driver = new UserModeDriver(world, process);
        this.mm = process.mm();
        this.chance = world.kernel().chanceOf(process.name());
    }

    private Call register() {
        long address = HEAP + images.size() * IMAGE_BYTES;
        mm.faultIn(address, address + IMAGE_BYTES);
        return ioctl(
                "DRM_IOCTL_AMDGPU_GEM_USERPTR", registered.set(new RegisterUserptr(driver.vm(), address, IMAGE_BYTES)));
    }

    private Call submit() {
        String name = driver.vm().device().variant().calls().submit();
        if (driver.vm().device().variant().notifierModel() == NotifierModel.PINNED) {
            SubmitExecbuf execbuf = new SubmitExecbuf(driver.queue(), images, chance.around(FILTER_NS));
            submitted.set(execbuf::fence);
            return ioctl(name, execbuf);
        }
        SubmitCs cs = new SubmitCs(driver.queue(), images, chance.around(FILTER_NS));
        submitted.set(cs::fence);
        return ioctl(name, cs);
    }

    private Call ioctl(String name, Call body) {
        return new Ioctl(name, driver.file().client(), body);
    }

    /** {@code mmap(MAP_FIXED)} over a part of an image. */
    private Call remap() {
        int tiles = (int) (IMAGES * IMAGE_BYTES / TILE_BYTES);
        long address = HEAP + chance.below(tiles) * TILE_BYTES;
        return Unmap.remap(mm, address, address + TILE_BYTES);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
