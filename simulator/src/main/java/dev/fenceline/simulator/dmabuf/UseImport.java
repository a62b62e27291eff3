package dev.fenceline.simulator.dmabuf;

import dev.fenceline.event.DmaDirection;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.sched.Work;
import org.jspecify.annotations.Nullable;

/**
 * amdgpu_cs.c:amdgpu_cs_ioctl as far as it concerns an imported buffer: maps it if it has to, waits for moves, and leaves the fence of the
 * job for others. What a driver without implicit synchronisation leaves to sync files of user space is done here, in one go.
 */
public final class UseImport extends Call {
    /** The importer maps before it has locked the reservation (rule A-D04). */
    public static final Deviation MAPS_UNLOCKED = new Deviation("importer-maps-without-the-reservation");

    /** The job of the importer does not wait for the move that its mapping belongs to (rule A-D05). */
    public static final Deviation SKIPS_MOVE_FENCES = new Deviation("importer-does-not-wait-for-the-move", 8);

    private static final Path<UseImport> PATH = Path.<UseImport>named("amdgpu_cs_ioctl")
            .run(UseImport::looksBeforeItLocks)
            .when(use -> use.early, early -> early.call(UseImport::map).run(UseImport::take))
            .call(use -> new LockResv(use.resv()))
            .when(
                    use -> use.imported.table() == null,
                    map -> map.call(UseImport::map).run(UseImport::take))
            .run(UseImport::submit)
            .run(use -> use.resv().lock().release(use.task()))
            .end();

    private final GpuImport imported;
    private final boolean write;
    private final long durationNs;
    private final Local<MapAttachment> map = new Local<>();
    private boolean early;
    private @Nullable DmaFence done;

    /** A job that reads or writes what is imported, for so many ns. */
    public UseImport(GpuImport imported, boolean write, long durationNs) {
        this.imported = imported;
        this.write = write;
        this.durationNs = durationNs;
    }

    /** The fence of the job; the reference is the caller's. */
    public DmaFence done() {
        if (done == null) {
            throw new IllegalStateException("the job is not submitted yet");
        }
        return done;
    }

    private DmaResv resv() {
        return imported.dmabuf().resv();
    }

    /** Only where the exporter has nothing to move, which takes the lock in earnest. */
    private void looksBeforeItLocks() {
        early = imported.table() == null
                && !imported.dmabuf().exporter().isDynamic()
                && kernel().deviates(MAPS_UNLOCKED);
    }

    private Call map() {
        return map.set(MapAttachment.locked(imported.attachment(), DmaDirection.BI));
    }

    private void take() {
        imported.take(map.get().table());
    }

    private void submit() {
        SgTable table = imported.table();
        if (table == null) {
            throw new IllegalStateException("nothing is mapped");
        }
        DmaResv resv = resv();
        resv.reserve(1);
        Job job = new Job(kernel(), imported.entity(), new Work() {
            @Override
            public long durationNs() {
                return durationNs;
            }

            @Override
            public void begin(Job running) {
                imported.access(table, write);
            }
        });
        job.uses(imported.attachment().id());
        boolean moves = !resv.isIdle(Usage.KERNEL);
        if (!moves || !kernel().deviates(SKIPS_MOVE_FENCES)) {
            depend(job, resv);
        }
        job.arm();
        done = job.finished().get();
        resv.add(done, write ? Usage.WRITE : Usage.READ);
        imported.submitted(done);
        job.push();
    }

    private void depend(Job job, DmaResv resv) {
        job.dependOn(resv, Usage.KERNEL);
        if (imported.device().variant().syncsImplicitly()) {
            job.syncImplicitly(resv, write);
        } else {
            job.dependOn(resv, write ? Usage.READ : Usage.WRITE);
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
