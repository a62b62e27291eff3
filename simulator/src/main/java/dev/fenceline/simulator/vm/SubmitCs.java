package dev.fenceline.simulator.vm;

import dev.fenceline.event.BoSubmit;
import dev.fenceline.event.ExecCheckRepin;
import dev.fenceline.event.ExecPublish;
import dev.fenceline.event.RebindBy;
import dev.fenceline.event.Usage;
import dev.fenceline.event.VmaRebind;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sched.Job;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * amdgpu_cs.c:amdgpu_cs_ioctl of a job whose buffer list is all userptr: fetches the pages of each, has the page tables show them, and
 * submits if, under the device's notifier lock, each of them is still valid. That walk over the list is what xe's list of invalidated
 * mappings spares it. If one is not, the ioctl gives -EAGAIN and libdrm calls it again.
 */
public final class SubmitCs extends Call {
    /** The job is submitted although pages went stale after they were fetched (rule U09). */
    public static final Deviation SKIPS_CHECK = new Deviation("submission-skips-userptr-check");

    /**
     * A job whose pages went stale was armed before that was found out, and is cleaned up (rule A-S01). amdgpu_cs.c:amdgpu_cs_submit arms
     * the jobs of the ioctl first and then takes the notifier lock.
     */
    public static final Deviation ARMS_UNCHECKED = new Deviation("cs-arms-before-userptr-check");

    private static final int EAGAIN = -11;

    private static final Path<SubmitCs> PATH = Path.<SubmitCs>named("amdgpu_cs_ioctl")
            .repeat(attempt -> attempt.call(cs -> new AllocatePages(Gfp.KERNEL, 1))
                    .run(cs -> cs.list = cs.submission.used().iterator())
                    .repeat(each -> each.leaveIf(cs -> !cs.list.hasNext()).call(cs -> new GetUserPages(cs.list.next())))
                    .call(cs -> cs.locks.set(new LockResvs(cs.submission.resvs())))
                    .run(cs -> cs.list = cs.submission.used().iterator())
                    .repeat(each -> each.leaveIf(cs -> !cs.nextStale())
                            .call(cs -> new ResvWait(cs.stale().bo().resv(), Usage.BOOKKEEP))
                            .run(SubmitCs::rebind))
                    .run(cs -> cs.locks.get().reserve(1))
                    .lock(cs -> cs.vm.notifierLock(), Lock.Mode.X)
                    .run(SubmitCs::check)
                    .when(cs -> cs.valid, valid -> valid.run(SubmitCs::publish))
                    .unlock(cs -> cs.vm.notifierLock())
                    .run(cs -> cs.locks.get().unlockAll(cs.task()))
                    .leaveIf(cs -> cs.valid)
                    .spend(cs -> cs.kernel().costs().ioctlNs()))
            .end();

    private final ExecQueue queue;
    private final GpuVm vm;
    private final UserptrJob submission;
    private final Local<LockResvs> locks = new Local<>();
    private Iterator<UserptrBoVma> list = List.<UserptrBoVma>of().iterator();
    private @Nullable UserptrBoVma stale;
    private @Nullable DmaFence fence;
    private boolean valid;

    /** Submits a job that reads {@code used} and writes the first of it, for so many ns. */
    public SubmitCs(ExecQueue queue, List<UserptrBoVma> used, long durationNs) {
        this.queue = queue;
        this.vm = queue.vm();
        this.submission = new UserptrJob(queue, used, durationNs);
    }

    /** The fence of the job; the reference is the caller's. */
    public DmaFence fence() {
        if (fence == null) {
            throw new IllegalStateException("the job is not submitted yet");
        }
        return fence;
    }

    private boolean nextStale() {
        while (list.hasNext()) {
            stale = list.next();
            if (stale.hasNewPages()) {
                return true;
            }
        }
        return false;
    }

    private UserptrBoVma stale() {
        if (stale == null) {
            throw new IllegalStateException("no BO is stale");
        }
        return stale;
    }

    /** {@code amdgpu_ttm_tt_set_user_pages} when nobody uses the old ones, then {@code amdgpu_vm_bo_update} by a job. */
    private void rebind() {
        stale().setUserPages();
        vm.resv().reserve(1);
        Job job = vm.device().ttm().migrate().job(new PteJob(vm, stale().pteWriter()));
        job.dependOn(vm.resv(), Usage.KERNEL);
        job.arm();
        DmaFence written = job.finished();
        kernel().emit(VmaRebind.builder()
                .vma(stale().id())
                .vm(vm.id())
                .by(RebindBy.EXEC)
                .fence(written.id()));
        vm.resv().add(written, Usage.KERNEL);
        job.push();
    }

    private void check() {
        boolean allValid = submission.isFetchValid();
        valid = allValid || kernel().deviates(SKIPS_CHECK);
        if (!valid && kernel().deviates(ARMS_UNCHECKED)) {
            submission.arm().cleanUp();
        }
        kernel().emit(ExecCheckRepin.builder().vm(vm.id()).queue(queue.id()).result(allValid ? 0 : EAGAIN));
    }

    private void publish() {
        Job job = submission.arm();
        DmaFence done = job.finished().get();
        submission.publish(done);
        kernel().emit(ExecPublish.builder()
                .vm(vm.id())
                .queue(queue.id())
                .fence(done.id())
                .result(0));
        job.push();
        for (UserptrBoVma vma : submission.used()) {
            kernel().emit(BoSubmit.builder()
                    .bo(vma.bo().id())
                    .client(vm.file().client().id())
                    .mm(vm.mm().id())
                    .address(vma.start())
                    .length(vma.end() - vma.start())
                    .job(job.id())
                    .result(0));
        }
        fence = done;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
