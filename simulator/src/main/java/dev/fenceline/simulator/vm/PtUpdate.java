package dev.fenceline.simulator.vm;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.sched.Job;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** xe_pt.c:xe_pt_update_ops_run for what is mapped: the CPU writes the entries if nothing they depend on is pending, else a job does. */
public final class PtUpdate {
    /** Page tables are allocated when others can find the fence of the bind already (rule V14). */
    public static final Deviation ALLOCATES_LATE = new Deviation("page-table-allocated-after-publication");

    private static final long PAGE_TABLE_BYTES = 4096;

    private PtUpdate() {}

    /**
     * Writes the entries of {@code vmas}, under all reservations of their VM, each with a slot reserved, and the notifier lock.
     *
     * @param submitted told before the first entry is written: the fence of the job, or null if the CPU writes them
     * @return the fence, with a reference for the caller; null if the entries are written
     */
    static @Nullable DmaFence write(List<Vma> vmas, Consumer<@Nullable DmaFence> submitted) {
        GpuVm vm = vmas.get(0).vm();
        Kernel kernel = vm.kernel();
        Set<DmaResv> resvs = vm.resvs();
        boolean idle = resvs.stream().allMatch(resv -> resv.isIdle(Usage.KERNEL));
        if (idle) {
            submitted.accept(null);
            vmas.forEach(vma -> vma.writePtes(0));
            return null;
        }
        List<LongConsumer> writers = vmas.stream().map(Vma::pteWriter).toList();
        Job job = vm.device()
                .ttm()
                .migrate()
                .job(new PteJob(vm, fence -> writers.forEach(writer -> writer.accept(fence))));
        resvs.forEach(resv -> job.dependOn(resv, Usage.KERNEL));
        job.arm();
        DmaFence written = job.finished().get();
        submitted.accept(written);
        resvs.forEach(resv -> resv.add(written, Usage.BOOKKEEP));
        if (kernel.deviates(ALLOCATES_LATE)) {
            kernel.memory().allocate(Gfp.KERNEL, PAGE_TABLE_BYTES);
        }
        job.push();
        return written;
    }
}
