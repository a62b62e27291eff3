package dev.fenceline.simulator.vm;

import dev.fenceline.event.ExecCheckRepin;
import dev.fenceline.event.RebindBy;
import dev.fenceline.event.RebindWorkerEnter;
import dev.fenceline.event.RebindWorkerExit;
import dev.fenceline.event.RebindWorkerRetry;
import dev.fenceline.event.Usage;
import dev.fenceline.event.VmListKind;
import dev.fenceline.event.VmaRebind;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Validate;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * xe_vm.c:preempt_rebind_work_func: makes a long-running VM valid again and puts its queues back on the hardware.
 *
 * <p>Preempt fences are armed and queues resumed in one section of the notifier lock that found nothing to repin: the point of no
 * return.
 */
public final class RebindWorker extends Call {
    /** The pages are fetched, under {@code mmap_lock}, when the reservations are locked already (rule A-L01). */
    public static final Deviation FETCHES_UNDER_RESERVATION = new Deviation("pages-fetched-under-reservation");

    /** The entries of a userptr are written without a look at its sequence number (rule U02). */
    public static final Deviation REBINDS_UNCOMPARED = new Deviation("rebind-skips-comparison");

    /** The notifier lock is given back between the check for stale userptrs and the arming of preempt fences (rule U10). */
    public static final Deviation RESUMES_UNLOCKED = new Deviation("queues-resume-after-unlock");

    /** The queues go on while a move or a clear of their memory is pending (rule V09). */
    public static final Deviation SKIPS_MOVES = new Deviation("queue-resumes-before-moves", 8);

    /** The queues are resumed once more, with nobody having suspended them (rule V10). */
    public static final Deviation RESUMES_TWICE = new Deviation("queue-is-resumed-twice");

    private static final long PREEMPT_FENCE_BYTES = 256;

    private static final Path<RebindWorker> PATH = Path.<RebindWorker>named("preempt_rebind_work_func")
            .run(work -> work.vm.rebindWork().begins())
            .run(work -> work.kernel().emit(RebindWorkerEnter.builder().vm(work.vm.id())))
            .lock(work -> work.vm.lock(), Lock.Mode.W)
            .repeat(attempt -> attempt.leaveIf(work -> work.vm.isClosedOrBanned())
                    .run(RebindWorker::decideWhenToFetch)
                    .call(work -> work.fetchesLate ? null : work.repin.set(new RepinUserptrs(work.vm)))
                    .leaveIf(RebindWorker::fails)
                    .call(work -> work.locks = new LockResvs(work.vm.resvs()))
                    .call(work -> work.fetchesLate ? work.fetchPagesTooLate() : null)
                    .run(work -> work.idle = !work.vm.preemptFencesWaiting())
                    .when(work -> !work.idle, RebindWorker::makeValid)
                    .run(work -> work.locks().unlockAll(work.task()))
                    .leaveIf(work -> work.idle || work.done)
                    .run(work -> work.kernel().emit(RebindWorkerRetry.builder().vm(work.vm.id()))))
            .when(RebindWorker::fails, failed -> failed.run(work -> work.vm.kill()))
            .unlock(work -> work.vm.lock())
            .run(work -> work.kernel().emit(RebindWorkerExit.builder().vm(work.vm.id())))
            .run(work -> work.vm.rebindWork().ends())
            .end();

    private final GpuVm vm;
    private final Local<RepinUserptrs> repin = new Local<>();
    private @Nullable LockResvs locks;
    private Iterator<ExecQueue> queues = List.<ExecQueue>of().iterator();
    private boolean fetchesLate;
    private boolean unlocksEarly;
    private boolean idle;
    private boolean done;

    RebindWorker(GpuVm vm) {
        this.vm = vm;
    }

    private static Path.Builder<RebindWorker> makeValid(Path.Builder<RebindWorker> path) {
        return path.run(work -> work.queues = work.vm.queues().iterator())
                .repeat(existing ->
                        existing.leaveIf(work -> !work.queues.hasNext()).call(RebindWorker::waitForPreemption))
                .repeat(move -> move.leaveIf(work -> work.vm.evicted().isEmpty())
                        .call(work -> new Validate(work.takeEvicted().bo(), false, false)))
                .run(work -> work.locks().reserve(work.vm.queues().size()))
                .run(RebindWorker::allocatePreemptFences)
                .lock(work -> work.vm.notifierLock(), Lock.Mode.R)
                .run(RebindWorker::rebind)
                .unlock(work -> work.vm.notifierLock())
                .call(RebindWorker::waitForMoves)
                .lock(work -> work.vm.notifierLock(), Lock.Mode.R)
                .run(RebindWorker::checkRepin)
                .when(work -> !work.unlocksEarly, locked -> locked.run(RebindWorker::armIfDone))
                .unlock(work -> work.vm.notifierLock())
                .when(work -> work.unlocksEarly, unlocked -> unlocked.run(RebindWorker::armIfDone));
    }

    private boolean fails() {
        RepinUserptrs last = repin.orNull();
        return last != null && last.result() != 0;
    }

    private LockResvs locks() {
        if (locks == null) {
            throw new IllegalStateException("no reservation is locked");
        }
        return locks;
    }

    private void decideWhenToFetch() {
        fetchesLate = vm.needsRepin() && kernel().wouldDeviate(FETCHES_UNDER_RESERVATION);
    }

    private Call fetchPagesTooLate() {
        kernel().deviates(FETCHES_UNDER_RESERVATION);
        return new RepinUserptrs(vm);
    }

    private @Nullable Call waitForPreemption() {
        ExecQueue queue = queues.next();
        return queue.hasPreemptFence() && !queue.preemptFence().isSignaled()
                ? new FenceWait(queue.preemptFence())
                : null;
    }

    private BoVma takeEvicted() {
        BoVma vma = vm.evicted().iterator().next();
        vm.evicted().remove(vma);
        return vma;
    }

    /** {@code xe_vm_rebind}: a userptr whose pages went stale meanwhile is left for the next attempt. */
    private void rebind() {
        for (Iterator<Vma> stale = vm.rebind().iterator(); stale.hasNext(); ) {
            Vma vma = stale.next();
            stale.remove();
            if (vma instanceof UserptrVma userptr && isStale(userptr)) {
                continue;
            }
            kernel().emit(VmaRebind.builder().vma(vma.id()).vm(vm.id()).by(RebindBy.WORKER));
            vma.writePtes(0);
            if (vma instanceof UserptrVma userptr) {
                userptr.moveTo(VmListKind.NONE);
            }
        }
    }

    private boolean isStale(UserptrVma vma) {
        return !kernel().deviates(REBINDS_UNCOMPARED) && vma.notifier().readRetry(vma.pagesSeq());
    }

    /** {@code alloc_preempt_fences}: nothing is allocated any more when they are armed. */
    private void allocatePreemptFences() {
        for (int i = 0; i < vm.queues().size(); i++) {
            kernel().memory().allocate(Gfp.KERNEL, PREEMPT_FENCE_BYTES);
        }
    }

    private @Nullable Call waitForMoves() {
        boolean pending = !vm.resv().isIdle(Usage.KERNEL) && !vm.needsRepin();
        return pending && kernel().deviates(SKIPS_MOVES) ? null : new ResvWait(vm.resv(), Usage.KERNEL);
    }

    private void checkRepin() {
        done = !vm.needsRepin();
        kernel().emit(ExecCheckRepin.builder().vm(vm.id()).result(done ? 0 : -11));
        unlocksEarly = done && kernel().deviates(RESUMES_UNLOCKED);
    }

    private void armIfDone() {
        if (done) {
            armAndResume();
        }
    }

    private void armAndResume() {
        List<ExecQueue> living =
                vm.queues().stream().filter(queue -> !queue.isReset()).toList();
        for (ExecQueue queue : living) {
            queue.armPreemptFence();
        }
        for (ExecQueue queue : living) {
            queue.resume();
            queue.publishPreemptFence(vm.resvs());
        }
        if (kernel().deviates(RESUMES_TWICE)) {
            vm.queues().forEach(ExecQueue::resume);
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
