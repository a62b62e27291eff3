package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.sched.Work;
import java.util.function.LongConsumer;

/** xe_migrate.c:xe_migrate_update_pgtables: the copy engine writes page tables. */
final class PteJob implements Work {
    private static final int PTES = 512;

    private final GpuVm vm;
    private final LongConsumer write;

    /** {@code write} gets the fence of the job. */
    PteJob(GpuVm vm, LongConsumer write) {
        this.vm = vm;
        this.write = write;
    }

    @Override
    public long durationNs() {
        return vm.kernel().costs().pteNs() * PTES;
    }

    @Override
    public void begin(Job job) {
        write.accept(job.finished().id());
    }
}
