package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.dmabuf.GpuImport;
import dev.fenceline.simulator.dmabuf.PollDmaBuf;
import dev.fenceline.simulator.dmabuf.UseImport;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sched.Entity;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A program that imports the frames of others into its GPU, works on each, and hands it on when poll says that the work is done. It keeps
 * its imports for a while.
 */
final class FrameFilter extends Call {
    /** Whether an import may be given memory of the exporting device. */
    enum Reach {
        /** It asks for that each time. */
        PEER_TO_PEER,
        /** Now and then something about the buffer rules it out. */
        MOSTLY_PEER_TO_PEER,
        /** It only reaches system memory. */
        SYSTEM
    }

    private static final int CACHE = 3;
    private static final int FORGETS_ONE_IN = 8;
    private static final int NO_PEER_ONE_IN = 2;

    private static final Path<FrameFilter> PATH = Path.<FrameFilter>named("frame_filter")
            .run(FrameFilter::open)
            .repeat(next -> next.await(program -> program.from.changed(), program -> program.from.hasDecoded())
                    .run(program -> program.frame.set(program.from.nextDecoded()))
                    .when(
                            program -> !program.imports.containsKey(program.frame.get()),
                            first -> first.call(FrameFilter::importFrame).run(FrameFilter::keep))
                    .call(program -> new Ioctl(program.device.variant().calls().submit(), null, program.use()))
                    .run(program -> program.used.get().done().put())
                    .call(program -> PollDmaBuf.await(program.frame.get(), !program.writes))
                    .run(FrameFilter::handOn)
                    .repeat(full ->
                            full.leaveIf(program -> !program.hasTooMany()).call(FrameFilter::forgetOldest)))
            .end();

    private final World world;
    private final UserProcess process;
    private final Device device;
    private final Chance chance;
    private final Frames from;
    private final Frames to;
    private final boolean writes;
    private final Reach reach;
    private final long workNs;
    private final Map<DmaBuf, GpuImport> imports = new LinkedHashMap<>();
    private final Local<Entity> entity = new Local<>();
    private final Local<DmaBuf> frame = new Local<>();
    private final Local<GpuImport.Open> opened = new Local<>();
    private final Local<UseImport> used = new Local<>();

    /**
     * A program of {@code process} on {@code device}.
     *
     * @param to where it puts frames; {@code from} itself if they go back
     * @param writes whether it works in place, or only reads
     */
    FrameFilter(
            World world,
            UserProcess process,
            Device device,
            Frames from,
            Frames to,
            boolean writes,
            Reach reach,
            long workNs) {
        this.world = world;
        this.process = process;
        this.device = device;
        this.chance = world.kernel().chanceOf(process.name());
        this.from = from;
        this.to = to;
        this.writes = writes;
        this.reach = reach;
        this.workNs = workNs;
    }

    private void open() {
        long client = world.open(process, device).client().id();
        entity.set(new Entity(world.kernel(), device.computeEngine(), client, 0));
    }

    private Call importFrame() {
        boolean peer =
                reach == Reach.PEER_TO_PEER || (reach == Reach.MOSTLY_PEER_TO_PEER && !chance.oneIn(NO_PEER_ONE_IN));
        return new Ioctl(
                "DRM_IOCTL_PRIME_FD_TO_HANDLE",
                null,
                opened.set(new GpuImport.Open(frame.get(), device, entity.get(), peer)));
    }

    private void keep() {
        imports.put(frame.get(), opened.get().opened());
    }

    private UseImport use() {
        GpuImport imported = Objects.requireNonNull(imports.get(frame.get()));
        return used.set(new UseImport(imported, writes, chance.around(workNs)));
    }

    private void handOn() {
        if (from == to) {
            from.giveBack(frame.get());
        } else {
            to.offer(frame.get());
        }
    }

    private boolean hasTooMany() {
        return imports.size() > CACHE || (!imports.isEmpty() && chance.oneIn(FORGETS_ONE_IN));
    }

    private Call forgetOldest() {
        DmaBuf oldest = imports.keySet().iterator().next();
        return new Ioctl(
                "DRM_IOCTL_GEM_CLOSE", null, new GpuImport.Close(Objects.requireNonNull(imports.remove(oldest))));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
