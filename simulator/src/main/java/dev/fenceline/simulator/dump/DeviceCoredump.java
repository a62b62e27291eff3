package dev.fenceline.simulator.dump;

import dev.fenceline.event.AccessCaller;
import dev.fenceline.event.CoredumpCapture;
import dev.fenceline.event.CoredumpFree;
import dev.fenceline.event.CoredumpRead;
import dev.fenceline.simulator.debug.AccessBo;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.ExecQueue;
import dev.fenceline.simulator.vm.OfQueue;
import dev.fenceline.simulator.vm.Vma;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * xe_devcoredump.c: the one dump of a device. The first failure is kept until somebody in user space has read it; what hangs meanwhile is
 * a line in the log.
 */
public final class DeviceCoredump {
    /** The capture allocates as if nobody waited for the job that hung (rule C01). */
    public static final Deviation ALLOCATES = new Deviation("core-dump-capture-allocates");

    /** A later hang writes over the dump of the first, which nobody has read (rule C02). */
    public static final Deviation OVERWRITES = new Deviation("core-dump-of-first-hang-is-lost");

    /** The dump holds mappings that their program did not mark for it (rule C02). */
    public static final Deviation DUMPS_ALL = new Deviation("core-dump-holds-private-memory");

    /** How long it takes until a daemon of the distribution has read a dump, in ns. Ours. */
    private static final long UNREAD_NS = 12_000_000_000L;

    private static final long SNAPSHOT_BYTES = 4096;

    private final Kernel kernel;
    private final Device device;
    private boolean captured;

    /** The dump of {@code device}, which hears of hangs of its compute engine. */
    public DeviceCoredump(Kernel kernel, Device device) {
        this.kernel = kernel;
        this.device = device;
        device.computeEngine().onHang(this::capture);
    }

    private @Nullable Call capture(Job hung) {
        return hung.work() instanceof OfQueue work ? new Snapshot(this, hung, work.queue()) : null;
    }

    /** The daemon has the dump, and tells the kernel that it may go. */
    private void read(long id) {
        captured = false;
        kernel.emit(CoredumpFree.builder().id(id));
    }

    /** xe_devcoredump.c:devcoredump_snapshot, in the handler of the timeout: the fences of the job signal only after it. */
    private static final class Snapshot extends Call {
        private static final Path<Snapshot> PATH = Path.<Snapshot>named("devcoredump_snapshot")
                .run(Snapshot::decide)
                .returnIf(snapshot -> snapshot.isSecond)
                .run(snapshot -> snapshot.hung.finished().beginSignalling())
                .run(Snapshot::capture)
                .spend(snapshot -> snapshot.kernel().costs().stepNs())
                .run(snapshot -> snapshot.hung.finished().endSignalling())
                .run(Snapshot::defer)
                .end();

        private final DeviceCoredump dump;
        private final Job hung;
        private final ExecQueue queue;
        private final List<Bo> memory = new ArrayList<>();
        private boolean isSecond;
        private long id;

        Snapshot(DeviceCoredump dump, Job hung, ExecQueue queue) {
            this.dump = dump;
            this.hung = hung;
            this.queue = queue;
        }

        private void decide() {
            isSecond = dump.captured && !kernel().deviates(OVERWRITES);
        }

        private void capture() {
            dump.captured = true;
            id = kernel().newId();
            kernel().emit(CoredumpCapture.builder().id(id).queue(queue.id()));
            kernel().memory().allocate(kernel().deviates(ALLOCATES) ? Gfp.KERNEL : Gfp.NOWAIT, SNAPSHOT_BYTES);
            boolean all = kernel().deviates(DUMPS_ALL);
            for (Vma vma : queue.vm().vmas()) {
                if (vma instanceof BoVma mapping && (all || mapping.isDumpable())) {
                    kernel().emit(CoredumpCapture.builder()
                            .id(id)
                            .queue(queue.id())
                            .vma(vma.id()));
                    memory.add(mapping.bo().get());
                }
            }
        }

        private void defer() {
            dump.device.unorderedWorkqueue().queue(new ReadMemory(id, memory.iterator()));
            kernel().agenda().after(UNREAD_NS, () -> {
                kernel().enter(dump.device.interrupt());
                dump.read(id);
            });
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    /** xe_devcoredump.c:xe_devcoredump_deferred_snap_work: may allocate and lock, since nobody waits for it. */
    private static final class ReadMemory extends Call {
        private static final Path<ReadMemory> PATH = Path.<ReadMemory>named("xe_devcoredump_deferred_snap_work")
                .repeat(each -> each.leaveIf(work -> !work.memory.hasNext())
                        .call(work -> new AllocatePages(Gfp.KERNEL, 1))
                        .run(work -> work.bo = work.memory.next())
                        .run(work -> work.kernel().emit(CoredumpRead.builder().id(work.id)))
                        .call(work -> new AccessBo(work.bo(), 0, SNAPSHOT_BYTES, false, AccessCaller.COREDUMP))
                        .run(work -> work.bo().put()))
                .end();

        private final long id;
        private final Iterator<Bo> memory;
        private @Nullable Bo bo;

        ReadMemory(long id, Iterator<Bo> memory) {
            this.id = id;
            this.memory = memory;
        }

        private Bo bo() {
            if (bo == null) {
                throw new IllegalStateException("there is nothing to read");
            }
            return bo;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}
