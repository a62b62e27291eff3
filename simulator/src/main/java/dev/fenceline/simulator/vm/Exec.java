package dev.fenceline.simulator.vm;

import dev.fenceline.event.ExecCheckRepin;
import dev.fenceline.event.ExecPublish;
import dev.fenceline.event.RebindBy;
import dev.fenceline.event.Usage;
import dev.fenceline.event.VmaRebind;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.sched.Work;
import dev.fenceline.simulator.ttm.Validate;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** xe_exec.c:xe_exec_ioctl in a VM with fences: makes the VM valid, then submits a job whose fence guards all its memory. */
public final class Exec extends Call {
    /** Memory for the job's commands is allocated when its fence can be found already (rule A-F08). */
    public static final Deviation ALLOCATES_LATE = new Deviation("submission-allocates-after-publication");

    private static final long RING_BYTES = 512;

    private static final Path<Exec> PATH = Path.<Exec>named("xe_exec_ioctl")
            .lock(exec -> exec.vm.lock(), Lock.Mode.R)
            .call(exec -> exec.locks = new LockResvs(exec.vm.resvs()))
            .repeat(move -> move.leaveIf(exec -> exec.vm.evicted().isEmpty())
                    .call(exec -> new Validate(exec.takeEvicted().bo(), false)))
            .run(Exec::rebind)
            .call(exec -> new AllocatePages(Gfp.KERNEL, 1))
            .spend(exec -> exec.kernel().costs().stepNs())
            .lock(exec -> exec.vm.notifierLock(), Lock.Mode.R)
            .run(Exec::publish)
            .unlock(exec -> exec.vm.notifierLock())
            .run(exec -> exec.locks().unlockAll(exec.task()))
            .unlock(exec -> exec.vm.lock())
            .end();

    private final ExecQueue queue;
    private final GpuVm vm;
    private final List<Vma> used;
    private final List<DmaFence> inFences;
    private final long durationNs;
    private @Nullable LockResvs locks;
    private @Nullable DmaFence fence;

    /**
     * Submits a job.
     *
     * @param used the mappings it accesses, the first of which it writes
     * @param inFences what it is told to wait for besides what guards the memory
     * @param durationNs how long the engine needs for it
     */
    public Exec(ExecQueue queue, List<Vma> used, List<DmaFence> inFences, long durationNs) {
        this.queue = queue;
        this.vm = queue.vm();
        this.used = List.copyOf(used);
        this.inFences = List.copyOf(inFences);
        this.durationNs = durationNs;
    }

    /** The fence of the job; the reference is the caller's. */
    public DmaFence fence() {
        if (fence == null) {
            throw new IllegalStateException("the job is not submitted yet");
        }
        return fence;
    }

    private LockResvs locks() {
        if (locks == null) {
            throw new IllegalStateException("no reservation is locked");
        }
        return locks;
    }

    private BoVma takeEvicted() {
        BoVma vma = vm.evicted().iterator().next();
        vm.evicted().remove(vma);
        return vma;
    }

    private void rebind() {
        for (Iterator<Vma> stale = vm.rebind().iterator(); stale.hasNext(); ) {
            Vma vma = stale.next();
            stale.remove();
            vm.resvs().forEach(resv -> resv.reserve(1));
            Job job = vm.device().ttm().migrate().job(new PteJob(vm, vma::writePtes));
            vm.resvs().forEach(resv -> job.dependOn(resv, Usage.KERNEL));
            job.arm();
            DmaFence written = job.finished();
            kernel().emit(VmaRebind.builder()
                    .vma(vma.id())
                    .vm(vm.id())
                    .by(RebindBy.EXEC)
                    .fence(written.id()));
            vm.resvs().forEach(resv -> resv.add(written, Usage.KERNEL));
            job.push();
        }
    }

    private void publish() {
        kernel().emit(ExecCheckRepin.builder().vm(vm.id()).queue(queue.id()).result(vm.needsRepin() ? -11 : 0));
        Iterable<DmaResv> resvs = vm.resvs();
        resvs.forEach(resv -> resv.reserve(1));
        Job job = new Job(kernel(), queue.entity(), new Access(durationNs));
        inFences.forEach(job::dependOn);
        resvs.forEach(resv -> job.dependOn(resv, Usage.KERNEL));
        job.arm();
        DmaFence done = job.finished().get();
        kernel().emit(ExecPublish.builder()
                .vm(vm.id())
                .queue(queue.id())
                .fence(done.id())
                .result(0));
        resvs.forEach(resv -> resv.add(done, Usage.BOOKKEEP));
        if (kernel().deviates(ALLOCATES_LATE)) {
            kernel().memory().allocate(Gfp.KERNEL, RING_BYTES);
        }
        job.push();
        for (Vma vma : used) {
            if (vma instanceof BoVma mapping) {
                vm.device().ttm().touch(mapping.bo());
            }
        }
        fence = done;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }

    /** What the engine does: it reads what the job uses and writes the first of it. */
    private final class Access implements Work {
        private final long busyNs;

        Access(long busyNs) {
            this.busyNs = busyNs;
        }

        @Override
        public long durationNs() {
            return busyNs;
        }

        @Override
        public void begin(Job job) {
            boolean write = true;
            for (Vma vma : used) {
                vma.access(queue, job.id(), write);
                write = false;
            }
        }
    }
}
