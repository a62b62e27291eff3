package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BounceDrain;
import dev.fenceline.event.BounceFill;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.sched.Entity;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.sched.Priority;
import dev.fenceline.simulator.sched.Scheduler;
import dev.fenceline.simulator.sched.Work;
import org.jspecify.annotations.Nullable;

/**
 * amdgpu_ttm.c:{@code mman.sdma_access_bo}: the one page of a device through which the SDMA engine copies what debuggers read and write
 * in VRAM.
 */
final class BounceBuffer {
    /** How much one access takes. */
    static final long BYTES = TtmDevice.PAGE_BYTES;

    private final Kernel kernel;
    private final Entity entity;
    private final Lock lock;
    private @Nullable DmaFence last;
    private boolean inUse;

    /** The buffer of a device with that copy engine, on which accesses go before moves ({@code mman.high_pr}). */
    BounceBuffer(Kernel kernel, Scheduler copyEngine) {
        this.kernel = kernel;
        this.entity = new Entity(kernel, copyEngine, 0, 0, Priority.HIGH);
        this.lock = Lock.mutex(kernel, LockClass.MUTEX);
    }

    void fini() {
        entity.fini();
    }

    /** Who holds it has the buffer for itself. */
    Lock lock() {
        return lock;
    }

    /** Whether an access has begun with it and did not take out yet what it wanted. */
    boolean isInUse() {
        return inUse;
    }

    /** Whether a copy still runs, for which nobody may wait any more. */
    boolean isBeingCopied() {
        return last != null && !last.isSignaled();
    }

    /** Has the engine copy one page between {@code bo} and the buffer for the access recorded as {@code id}. */
    DmaFence copy(long id, Bo bo, boolean write) {
        Job job = new Job(kernel, entity, new Work() {
            @Override
            public long durationNs() {
                return kernel.costs().copyNs(BYTES, true);
            }

            @Override
            public void begin(Job running) {}
        });
        boolean pending = !bo.resv().isIdle(Usage.KERNEL);
        if (!pending || !kernel.deviates(SdmaAccess.WAITS_FOR_NOTHING)) {
            job.dependOn(bo.resv(), Usage.KERNEL);
        }
        job.arm();
        DmaFence copied = job.finished().get();
        kernel.emit(
                BounceFill.builder().accessId(id).bo(bo.id()).fence(copied.id()).dir(direction(write)));
        job.push();
        if (last != null) {
            last.put();
        }
        last = copied;
        inUse = true;
        return copied;
    }

    /** The access takes out what it read, or is done with what it wrote. */
    void drain(long id, Bo bo, boolean write, DmaFence copied) {
        kernel.emit(BounceDrain.builder()
                .accessId(id)
                .bo(bo.id())
                .fence(copied.id())
                .dir(direction(write)));
        inUse = false;
    }

    /** The access gives up; its copy may still run. */
    void giveUp() {
        inUse = false;
    }

    private static String direction(boolean write) {
        return write ? "WRITE" : "READ";
    }
}
