package dev.fenceline.simulator.vm;

import dev.fenceline.event.UserCopy;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kernel.Reclaim;
import org.jspecify.annotations.Nullable;

/**
 * xe_preempt_fence.c:preempt_fence_work_func: signals only when the queue is off the hardware, then has the VM made valid.
 *
 * <p>Everybody who wants memory of the VM to move waits for this work; so until it has signalled it takes nothing that they may hold.
 */
public final class PreemptWork extends Call {
    /** It allocates with GFP_NOFS, which may still call notifiers that wait for this very fence (rule A-F09). */
    public static final Deviation ALLOCATES = new Deviation("preempt-worker-allocates");

    /** It writes a user fence, which may fault (rule A-F10). */
    public static final Deviation WRITES_USER_FENCE = new Deviation("preempt-worker-copies-to-user");

    /** It waits until the engine is done with what it runs, a fence of another context (rule A-F11). */
    public static final Deviation WAITS_FOR_ENGINE = new Deviation("preempt-worker-waits-for-engine");

    /** It takes the notifier lock, under which the notifier waits for its fence (rule A-L02). */
    public static final Deviation TAKES_NOTIFIER_LOCK = new Deviation("preempt-worker-takes-notifier-lock");

    /** It reclaims memory while a notifier waits for its fence (rule A-L03). */
    public static final Deviation RECLAIMS = new Deviation("preempt-worker-reclaims");

    /** It takes the lock of the VM, under which the rebind worker waits for its fence (rule V13). */
    public static final Deviation TAKES_VM_LOCK = new Deviation("preempt-worker-takes-vm-lock");

    /** It signals when the queue was only asked to leave the hardware (rule V08). */
    public static final Deviation SIGNALS_EARLY = new Deviation("preempt-fence-before-suspend");

    private static final int ENOENT = -2;
    private static final long ALLOCATION_BYTES = 256;

    private static final Path<PreemptWork> PATH = Path.<PreemptWork>named("preempt_fence_work_func")
            .run(work -> work.fence.beginSignalling())
            .run(PreemptWork::signalIfAtFault)
            .await(work -> work.queue.suspended(), work -> work.queue.isSuspended() || work.queue.isReset())
            .run(PreemptWork::allocateIfAtFault)
            .call(PreemptWork::waitIfAtFault)
            .when(PreemptWork::locksIfAtFault, PreemptWork::lookUnderNotifierLock)
            .call(PreemptWork::reclaimIfAtFault)
            .when(PreemptWork::locksVmIfAtFault, PreemptWork::lookUnderVmLock)
            .run(PreemptWork::signal)
            .run(work -> work.queue.vm().queueRebindWorker())
            .run(work -> work.fence.endSignalling())
            .run(work -> work.fence.put())
            .end();

    private final ExecQueue queue;
    private final DmaFence fence;

    PreemptWork(ExecQueue queue, DmaFence fence) {
        this.queue = queue;
        this.fence = fence.get();
    }

    private void signalIfAtFault() {
        if (!queue.isSuspended() && kernel().deviates(SIGNALS_EARLY)) {
            fence.signal();
        }
    }

    private void signal() {
        if (!fence.isSignaled()) {
            // suspend_wait of a queue that was reset meanwhile fails, which waiters learn from the fence.
            if (queue.isReset()) {
                fence.setError(ENOENT);
            }
            fence.signal();
        }
    }

    /** Who holds the lock may wait for this fence: it is left alone then, since nothing would ever happen again. */
    private boolean locksVmIfAtFault() {
        return queue.vm().lock().owner() == null && kernel().deviates(TAKES_VM_LOCK);
    }

    private static Path.Builder<PreemptWork> lookUnderVmLock(Path.Builder<PreemptWork> path) {
        return path.lock(work -> work.queue.vm().lock(), Lock.Mode.R)
                .unlock(work -> work.queue.vm().lock());
    }

    private void allocateIfAtFault() {
        if (kernel().deviates(ALLOCATES)) {
            kernel().memory().allocate(Gfp.NOFS, ALLOCATION_BYTES);
        }
        if (kernel().deviates(WRITES_USER_FENCE)) {
            kernel().emit(UserCopy.builder().result(0));
        }
    }

    /** The hardware has the job already, so the wait ends whatever the rest of the kernel does. */
    private @Nullable Call waitIfAtFault() {
        DmaFence running = queue.vm().device().computeEngine().running();
        return running != null && kernel().deviates(WAITS_FOR_ENGINE) ? new FenceWait(running) : null;
    }

    private boolean isAwaitedByNotifier() {
        return fence.isAwaited() && queue.vm().notifierLock().owner() != null;
    }

    private boolean locksIfAtFault() {
        return isAwaitedByNotifier() && kernel().deviates(TAKES_NOTIFIER_LOCK);
    }

    private static Path.Builder<PreemptWork> lookUnderNotifierLock(Path.Builder<PreemptWork> path) {
        return path.lock(work -> work.queue.vm().notifierLock(), Lock.Mode.R)
                .unlock(work -> work.queue.vm().notifierLock());
    }

    private @Nullable Call reclaimIfAtFault() {
        return isAwaitedByNotifier() && kernel().deviates(RECLAIMS) ? Reclaim.ofNothing() : null;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
