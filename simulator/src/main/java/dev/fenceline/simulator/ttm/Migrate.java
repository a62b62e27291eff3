package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoCopyStart;
import dev.fenceline.event.Usage;
import dev.fenceline.event.VramClear;
import dev.fenceline.event.VramFill;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.sched.Entity;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.sched.Scheduler;
import dev.fenceline.simulator.sched.Work;
import org.jspecify.annotations.Nullable;

/** xe_migrate.c: the driver's own queue on the copy engine, for clears, moves, page tables and debug copies. */
public final class Migrate {
    /** A move waits for the fences of moves and clears only, and starts while jobs still use the BO (rule A-R06). */
    public static final Deviation SKIPS_BOOKKEEP = new Deviation("move-skips-bookkeep-fences", 6);

    private final Kernel kernel;
    private final Entity entity;

    Migrate(Kernel kernel, Scheduler copyEngine) {
        this.kernel = kernel;
        this.entity = new Entity(kernel, copyEngine, 0, 0);
    }

    /** The driver lets go of the copy engine. */
    void fini() {
        entity.fini();
    }

    /** A job on the copy engine, not yet armed. */
    public Job job(Work work) {
        return new Job(kernel, entity, work);
    }

    /** {@code xe_migrate_clear}: fills {@code vram}, which {@code bo} has or had, with zeroes, after everything of {@code usage}. */
    DmaFence clear(Bo bo, Resource vram, long client, Usage usage) {
        long bytes = bo.bytes();
        Job job = job(new Work() {
            @Override
            public long durationNs() {
                return kernel.costs().copyNs(bytes, false);
            }

            @Override
            public void begin(Job running) {}

            @Override
            public void finish(Job running) {
                recordCleared(vram, client);
            }
        });
        job.dependOn(bo.resv(), usage);
        return submit(job).finished();
    }

    private void recordCleared(Resource vram, long client) {
        for (Resource.Extent extent : vram.extents()) {
            VramClear.Builder event = VramClear.builder()
                    .start(extent.startPage())
                    .end(extent.endPage())
                    .block(extent.block())
                    .generation(extent.generation());
            kernel.emit(client == 0 ? event : event.client(client));
        }
    }

    /** Records that a move has put the contents of the BO into all of {@code vram}. */
    void recordFilled(Resource vram, long client) {
        for (Resource.Extent extent : vram.extents()) {
            VramFill.Builder event = VramFill.builder()
                    .start(extent.startPage())
                    .end(extent.endPage())
                    .block(extent.block())
                    .generation(extent.generation());
            kernel.emit(client == 0 ? event : event.client(client));
        }
    }

    /**
     * {@code xe_migrate_copy}: waits for everything that uses the BO, then copies it.
     *
     * @param pages the system pages that are source or target, null if both are VRAM
     */
    DmaFence copy(Bo bo, Resource to, @Nullable Tt pages) {
        long id = bo.id();
        long bytes = bo.bytes();
        long client = bo.client();
        Job job = job(new Work() {
            @Override
            public long durationNs() {
                return kernel.costs().copyNs(bytes, pages != null);
            }

            @Override
            public void begin(Job running) {
                kernel.emit(
                        BoCopyStart.builder().bo(id).fence(running.finished().id()));
                if (pages != null) {
                    pages.accessByDevice(to.isSystemMemory());
                }
            }

            @Override
            public void finish(Job running) {
                recordFilled(to, client);
            }
        });
        boolean busy = bo.resv().isIdle(Usage.KERNEL) && !bo.resv().isIdle(Usage.BOOKKEEP);
        job.dependOn(bo.resv(), busy && kernel.deviates(SKIPS_BOOKKEEP) ? Usage.KERNEL : Usage.BOOKKEEP);
        return submit(job).finished();
    }

    /**
     * {@code xe_migrate_to_vram} and {@code xe_migrate_from_vram}, after what {@code bo}'s memory was cleared by.
     *
     * @param bo the memory of the device
     * @param bytes how much of it is copied
     * @param toVram whether it is the target
     */
    public DmaFence copyMirrored(Bo bo, long bytes, boolean toVram) {
        Resource vram = bo.resource();
        if (vram == null) {
            throw new IllegalStateException("bo " + bo.id() + " has no memory");
        }
        Job job = job(new Work() {
            @Override
            public long durationNs() {
                return kernel.costs().copyNs(bytes, true);
            }

            @Override
            public void begin(Job running) {}

            @Override
            public void finish(Job running) {
                if (toVram) {
                    recordFilled(vram, bo.client());
                }
            }
        });
        job.dependOn(bo.resv(), Usage.KERNEL);
        return submit(job).finished();
    }

    /** {@code xe_migrate_access_memory}: reads or writes part of a BO through a bounce page. */
    public Job access(Bo bo, long bytes) {
        Job job = job(new Work() {
            @Override
            public long durationNs() {
                return kernel.costs().copyNs(bytes, true);
            }

            @Override
            public void begin(Job running) {}
        });
        job.dependOn(bo.resv(), Usage.KERNEL);
        return submit(job);
    }

    private static Job submit(Job job) {
        job.arm();
        job.push();
        return job;
    }
}
