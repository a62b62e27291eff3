package dev.fenceline.simulator.vm;

import dev.fenceline.event.BoSubmit;
import dev.fenceline.event.EngineGroupMode;
import dev.fenceline.event.ExecCheckRepin;
import dev.fenceline.event.ExecPublish;
import dev.fenceline.event.RebindBy;
import dev.fenceline.event.Usage;
import dev.fenceline.event.VmListKind;
import dev.fenceline.event.VmaRebind;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.fence.Stubs;
import dev.fenceline.simulator.gt.EngineGroup;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.sched.Work;
import dev.fenceline.simulator.sync.SyncPoint;
import dev.fenceline.simulator.ttm.Validate;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** xe_exec.c:xe_exec_ioctl in a VM with fences: makes the VM valid, then submits a job whose fence guards all its memory. */
public final class Exec extends Call {
    /** A job is armed and then cleaned up, because the rest of the submission failed (rule A-S01). */
    public static final Deviation ARMS_AND_GIVES_UP = new Deviation("armed-job-is-cleaned-up");

    /** A point that nobody submitted does not make the submission fail (rule A-Y06). */
    public static final Deviation GOES_ON_WITHOUT_FENCE = new Deviation("job-waits-for-a-fence-to-come");

    /** Memory for the job's commands is allocated when its fence can be found already (rule A-F08). */
    public static final Deviation ALLOCATES_LATE = new Deviation("submission-allocates-after-publication");

    /** The notifier lock is given back between the check for stale userptrs and the publication of the job (rule U10). */
    public static final Deviation PUBLISHES_UNLOCKED = new Deviation("job-is-published-after-unlock");

    /** A job is submitted to a VM that was closed (rule V17). */
    public static final Deviation IGNORES_CLOSED = new Deviation("exec-in-a-closed-vm");

    /** The check for stale userptrs compares the number of every one there is (rule U19). */
    public static final Deviation WALKS_USERPTRS = new Deviation("submission-compares-every-userptr", 10);

    private static final int EAGAIN = -11;
    private static final int EINVAL = -22;
    private static final int ECANCELED = -125;

    /** The job does not wait for moves and clears of the memory it uses (rule A-T06). */
    public static final Deviation SKIPS_KERNEL_FENCES = new Deviation("job-skips-kernel-fences", 10);

    private static final long RING_BYTES = 512;

    private static final Path<Exec> PATH = Path.<Exec>named("xe_exec_ioctl")
            .run(Exec::lookUp)
            .returnIf(exec -> exec.result != 0)
            .call(exec -> exec.group == null ? null : exec.group.new GetMode(EngineGroupMode.DMA_FENCE))
            .repeat(valid -> valid.run(exec -> exec.repins = exec.vm.needsRepin())
                    .when(exec -> exec.repins, Exec::repin)
                    .when(exec -> !exec.repins, read -> read.lock(exec -> exec.vm.lock(), Lock.Mode.R))
                    .run(Exec::checkVm)
                    .when(
                            exec -> exec.result != 0,
                            closed -> closed.unlock(exec -> exec.vm.lock()).run(Exec::putMode))
                    .returnIf(exec -> exec.result != 0)
                    .repeat(attempt -> attempt.call(exec -> exec.locks = new LockResvs(exec.resvsToLock()))
                            .repeat(move -> move.leaveIf(exec -> exec.isInterrupted()
                                            || exec.vm.evicted().isEmpty())
                                    .call(Exec::validate)
                                    .run(Exec::keepIfInterrupted))
                            .leaveIf(exec -> !exec.isInterrupted())
                            .run(exec -> exec.validate = null)
                            .run(exec -> exec.locks().unlockAll(exec.task()))
                            .spend(exec -> exec.kernel().costs().ioctlNs()))
                    .run(exec -> exec.locks().reserve(exec.vm.rebind().size() + 1))
                    .when(
                            Exec::rebindsUserptrs,
                            userptrs -> userptrs.lock(exec -> exec.vm.notifierLock(), Lock.Mode.R)
                                    .run(Exec::rebind)
                                    .unlock(exec -> exec.vm.notifierLock()))
                    .run(Exec::rebind)
                    .call(exec -> new AllocatePages(Gfp.KERNEL, 1))
                    .spend(exec -> exec.kernel().costs().stepNs())
                    .lock(exec -> exec.vm.notifierLock(), Lock.Mode.R)
                    .run(Exec::checkRepin)
                    .leaveIf(exec -> !exec.repins)
                    .unlock(exec -> exec.vm.notifierLock())
                    .run(exec -> exec.locks().unlockAll(exec.task()))
                    .unlock(exec -> exec.vm.lock()))
            .when(exec -> exec.unlocksEarly, early -> early.unlock(exec -> exec.vm.notifierLock()))
            .run(Exec::publish)
            .when(exec -> !exec.unlocksEarly, then -> then.unlock(exec -> exec.vm.notifierLock()))
            .run(exec -> exec.locks().unlockAll(exec.task()))
            .unlock(exec -> exec.vm.lock())
            .run(Exec::putMode)
            .end();

    private final ExecQueue queue;
    private final GpuVm vm;
    private final @Nullable EngineGroup group;
    private final Submission submission;
    private final List<DmaFence> inFences = new ArrayList<>(2);
    private int result;
    private final Local<RepinUserptrs> repin = new Local<>();
    private boolean repins;
    private boolean unlocksEarly;
    private @Nullable LockResvs locks;
    private @Nullable DmaFence fence;
    private @Nullable BoVma moving;
    private @Nullable Validate validate;

    /** Submits a job. */
    public Exec(ExecQueue queue, Submission submission) {
        this.queue = queue;
        this.vm = queue.vm();
        this.group = queue.group();
        this.submission = submission;
    }

    /** 0, -EINVAL if a point was never submitted, -ECANCELED if the VM is closed or banned, -EBUSY if a userptr went stale again and again. */
    public int result() {
        return result;
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

    /** {@code xe_sync_entry_parse}: finds what the job waits for, before anything is locked. */
    private void lookUp() {
        for (SyncPoint point : submission.in()) {
            DmaFence found = point.syncobj().find(point.point());
            if (found != null) {
                inFences.add(found);
            } else if (!kernel().deviates(GOES_ON_WITHOUT_FENCE)) {
                result = EINVAL;
            }
        }
        if (result != 0) {
            putInFences();
            fence = Stubs.create(kernel());
        }
    }

    private void checkVm() {
        if (vm.isClosedOrBanned() && !kernel().deviates(IGNORES_CLOSED)) {
            result = ECANCELED;
            putInFences();
            fence = Stubs.create(kernel());
        }
    }

    /** {@code xe_hw_engine_group_put}. */
    private void putMode() {
        if (group != null) {
            group.modeSem().release(task());
        }
    }

    private void putInFences() {
        inFences.forEach(DmaFence::put);
        inFences.clear();
    }

    /** The reservations of the VM, then those of the BOs the job names: the same ones once more, if they are private to the VM. */
    private List<DmaResv> resvsToLock() {
        List<DmaResv> resvs = new ArrayList<>(vm.resvs());
        if (submission.implicit() != Submission.Implicit.NONE) {
            for (Vma vma : submission.used()) {
                if (vma instanceof BoVma mapping) {
                    resvs.add(mapping.bo().resv());
                }
            }
        }
        return resvs;
    }

    private Call validate() {
        moving = vm.evicted().iterator().next();
        vm.evicted().remove(moving);
        Validate call = new Validate(moving.bo(), false, true);
        validate = call;
        return call;
    }

    /** A signal came: the ioctl is restarted, with the BO still to be made valid. */
    private boolean isInterrupted() {
        return validate != null && validate.result() == Validate.ERESTARTSYS;
    }

    private void keepIfInterrupted() {
        if (isInterrupted() && moving != null) {
            vm.evicted().add(moving);
        }
    }

    /** The page tables of userptrs change under the notifier lock ({@code xe_pt_userptr_pre_commit}). */
    private boolean rebindsUserptrs() {
        return vm.rebind().stream().anyMatch(UserptrVma.class::isInstance);
    }

    /** {@code xe_vm_rebind}: a userptr whose pages went stale meanwhile is left for the next attempt. */
    private void rebind() {
        for (Iterator<Vma> stale = vm.rebind().iterator(); stale.hasNext(); ) {
            Vma vma = stale.next();
            stale.remove();
            if (vma instanceof UserptrVma userptr) {
                if (userptr.notifier().readRetry(userptr.pagesSeq())) {
                    continue;
                }
                userptr.moveTo(VmListKind.NONE);
            }
            Job job = vm.device().ttm().migrate().job(new PteJob(vm, vma.pteWriter()));
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

    /** {@code xe_vm_userptr_pin}, for which the mappings are locked for writing; the model leaves it at that. */
    private static Path.Builder<Exec> repin(Path.Builder<Exec> path) {
        return path.lock(exec -> exec.vm.lock(), Lock.Mode.W)
                .call(exec -> exec.repin.set(new RepinUserptrs(exec.vm)))
                .when(exec -> exec.repin.get().result() != 0, Exec::fail)
                .returnIf(exec -> exec.result != 0);
    }

    private static Path.Builder<Exec> fail(Path.Builder<Exec> path) {
        return path.run(exec -> exec.result = exec.repin.get().result())
                .run(Exec::putInFences)
                .run(exec -> exec.fence = Stubs.create(exec.kernel()))
                .unlock(exec -> exec.vm.lock())
                .run(Exec::putMode);
    }

    private boolean findsStaleAmongAll() {
        List<UserptrVma> userptrs = vm.vmas().stream()
                .filter(UserptrVma.class::isInstance)
                .map(UserptrVma.class::cast)
                .toList();
        return !userptrs.isEmpty()
                && kernel().deviates(WALKS_USERPTRS)
                && userptrs.stream().anyMatch(vm::checkRepin);
    }

    /** {@code __xe_vm_userptr_needs_repin}: two lists are empty, however many userptrs there are. */
    private void checkRepin() {
        repins = vm.needsRepin() || findsStaleAmongAll();
        kernel().emit(ExecCheckRepin.builder().vm(vm.id()).queue(queue.id()).result(repins ? EAGAIN : 0));
        unlocksEarly = !repins && kernel().deviates(PUBLISHES_UNLOCKED);
    }

    private void publish() {
        Iterable<DmaResv> resvs = vm.resvs();
        Job job = new Job(kernel(), queue.entity(), new Access());
        submission.fences().forEach(job::dependOn);
        boolean moves = !vm.resv().isIdle(Usage.KERNEL);
        if (!moves || !kernel().deviates(SKIPS_KERNEL_FENCES)) {
            resvs.forEach(resv -> job.dependOn(resv, Usage.KERNEL));
        }
        dependOnPoints(job);
        DmaResv synced = syncImplicitly(job);
        if (synced == null && vm.device().variant().syncsImplicitly()) {
            dependImplicitly(job);
        }
        job.arm();
        if (submission.out().isEmpty() && kernel().deviates(ARMS_AND_GIVES_UP)) {
            job.cleanUp();
            fence = Stubs.create(kernel());
            return;
        }
        DmaFence done = job.finished().get();
        kernel().emit(ExecPublish.builder()
                .vm(vm.id())
                .queue(queue.id())
                .fence(done.id())
                .result(0));
        for (DmaResv resv : resvs) {
            resv.add(done, resv == synced ? implicitUsage() : usageOf(resv));
        }
        for (SyncPoint point : submission.out()) {
            if (point.point() == 0) {
                point.syncobj().replace(done);
            } else {
                point.syncobj().addPoint(point.point(), done);
            }
        }
        if (kernel().deviates(ALLOCATES_LATE)) {
            kernel().memory().allocate(Gfp.KERNEL, RING_BYTES);
        }
        job.push();
        if (group != null) {
            queue.setLastFence(done);
        }
        for (Vma vma : submission.used()) {
            if (vma instanceof BoVma mapping) {
                vm.device().ttm().touch(mapping.bo());
                kernel().emit(BoSubmit.builder()
                        .bo(mapping.bo().id())
                        .client(vm.file().client().id())
                        .mm(vm.mm().id())
                        .address(mapping.start())
                        .length(mapping.end() - mapping.start())
                        .job(job.id())
                        .result(0));
            }
        }
        fence = done;
    }

    private void dependOnPoints(Job job) {
        Iterator<DmaFence> found = inFences.iterator();
        for (SyncPoint point : submission.in()) {
            job.dependOnPoint(point.syncobj().id(), point.point(), found.hasNext() ? found.next() : null);
        }
        putInFences();
    }

    private @Nullable DmaResv syncImplicitly(Job job) {
        if (submission.implicit() == Submission.Implicit.NONE
                || !(submission.used().get(0) instanceof BoVma mapping)) {
            return null;
        }
        DmaResv resv = mapping.bo().resv();
        job.syncImplicitly(resv, submission.implicit() == Submission.Implicit.WRITES);
        return resv;
    }

    private Usage implicitUsage() {
        return submission.implicit() == Submission.Implicit.WRITES ? Usage.WRITE : Usage.READ;
    }

    /** {@code amdgpu_sync_resv}: a write waits for readers and writers of a shared buffer, a read for writers. */
    private void dependImplicitly(Job job) {
        boolean write = true;
        for (Vma vma : submission.used()) {
            if (vma instanceof BoVma mapping && mapping.bo().resv() != vm.resv()) {
                job.dependOn(mapping.bo().resv(), write ? Usage.READ : Usage.WRITE);
            }
            write = false;
        }
    }

    private Usage usageOf(DmaResv resv) {
        if (resv != vm.resv() && vm.device().variant().syncsImplicitly()) {
            boolean write = true;
            for (Vma vma : submission.used()) {
                if (vma instanceof BoVma mapping && mapping.bo().resv() == resv) {
                    return write ? Usage.WRITE : Usage.READ;
                }
                write = false;
            }
        }
        return Usage.BOOKKEEP;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }

    /** What the engine does: it reads what the job uses and writes the first of it, unless it only reads that. */
    private final class Access implements Work, OfQueue {
        @Override
        public ExecQueue queue() {
            return queue;
        }

        @Override
        public long durationNs() {
            return submission.durationNs();
        }

        @Override
        public int credits() {
            return submission.credits();
        }

        @Override
        public void begin(Job job) {
            boolean write = submission.implicit() != Submission.Implicit.READS;
            for (Vma vma : submission.used()) {
                vma.access(queue, job, job.id(), write);
                write = false;
            }
        }
    }
}
