package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoCopyStart;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.sched.Entity;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.sched.Scheduler;
import dev.fenceline.simulator.sched.Work;

/** xe_migrate.c: the driver's own queue on the copy engine, for clears, moves, page tables and debug copies. */
public final class Migrate {
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

    /** {@code xe_migrate_clear}: fills fresh VRAM with zeroes. */
    Job clear(Bo bo) {
        Job job = job(new Work() {
            @Override
            public long durationNs() {
                return kernel.costs().copyNs(bo.bytes(), false);
            }

            @Override
            public void begin(Job running) {}
        });
        job.dependOn(bo.resv(), Usage.KERNEL);
        return submit(job);
    }

    /** {@code xe_migrate_copy}: waits for everything that uses the BO, then copies between VRAM and the system pages. */
    Job copy(Bo bo, Tt pages, boolean toPages) {
        Job job = job(new Work() {
            @Override
            public long durationNs() {
                return kernel.costs().copyNs(bo.bytes(), true);
            }

            @Override
            public void begin(Job running) {
                kernel.emit(BoCopyStart.builder()
                        .bo(bo.id())
                        .fence(running.finished().id()));
                pages.accessByDevice(toPages);
            }
        });
        job.dependOn(bo.resv(), Usage.BOOKKEEP);
        return submit(job);
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
