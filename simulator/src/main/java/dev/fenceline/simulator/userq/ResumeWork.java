package dev.fenceline.simulator.userq;

import dev.fenceline.event.UserQueueState;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import dev.fenceline.simulator.vm.ValidateVm;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/** {@code uq_mgr->resume_work}: runs once more, however often it is queued before it starts. */
public final class ResumeWork implements Waits {
    /** Queues are mapped before the new eviction fence is there (rule A-Q03). */
    public static final Deviation MAPS_UNGUARDED = new Deviation("queue-mapped-before-eviction-fence");

    /** A queue counts as whole when one of the addresses is mapped that it needs (rule A-Q08), as in mainline. */
    public static final Deviation TAKES_ONE_ADDRESS = new Deviation("restore-is-content-with-one-address");

    private final UserQueues queues;
    private final WaitList flushers = new WaitList(this);
    private boolean queued;
    private boolean running;

    ResumeWork(UserQueues queues) {
        this.queues = queues;
    }

    /** {@code schedule_delayed_work}; not once the file is closed. */
    void queue() {
        if (queued || queues.isShutDown()) {
            return;
        }
        queued = true;
        if (!running) {
            queues.device().unorderedWorkqueue().queue(new Restore(this));
        }
    }

    private void begins() {
        queued = false;
        running = true;
    }

    private void ends() {
        running = false;
        if (queued) {
            queues.device().unorderedWorkqueue().queue(new Restore(this));
        } else {
            flushers.wakeAll();
        }
    }

    /** Whether it runs, or is to run. */
    boolean isPending() {
        return queued || running;
    }

    /** Where {@code flush_delayed_work} sleeps. */
    WaitList flushers() {
        return flushers;
    }

    @Override
    public String label() {
        return "restore of the user-mode queues of client " + queues.client().id();
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        // Who flushes it holds nothing that it takes.
    }

    /**
     * amdgpu_userq.c:amdgpu_userq_restore_worker: the memory comes back, a new eviction fence guards it, and only then the queues are
     * mapped again. The reservations come first, then the mutex.
     *
     * <p>Between the two somebody may have waited for the new fence, so that it has signalled before the queues are mapped; the model
     * looks, and begins again.
     */
    private static final class Restore extends Call {
        private static final long FENCE_BYTES = 128;

        private static final Path<Restore> PATH = Path.<Restore>named("amdgpu_userq_restore_worker")
                .run(work -> work.resume.begins())
                .when(
                        work -> !work.queues.evictions().isArmed(),
                        evicted -> evicted.lock(work -> work.queues.vm().lock(), Lock.Mode.W)
                                .call(work -> work.locks.set(
                                        new LockResvs(work.queues.vm().resvs())))
                                .call(work -> new ValidateVm(work.queues.vm(), work.locks.get()))
                                .run(work -> work.kernel().memory().allocate(Gfp.KERNEL, FENCE_BYTES))
                                .run(work -> work.locks.get().reserve(1))
                                .when(
                                        Restore::mapsUnguarded,
                                        early -> early.lock(work -> work.queues.mutex(), Lock.Mode.X)
                                                .call(Restore::restoreAll)
                                                .unlock(work -> work.queues.mutex()))
                                .run(Restore::rearm)
                                .lock(work -> work.queues.mutex(), Lock.Mode.X)
                                .call(work -> work.queues.evictions().isArmed() ? work.restoreAll() : null)
                                .unlock(work -> work.queues.mutex())
                                .run(work -> work.locks.get().unlockAll(work.task()))
                                .unlock(work -> work.queues.vm().lock()))
                .run(work -> work.resume.ends())
                .end();

        private final ResumeWork resume;
        private final UserQueues queues;
        private final Local<LockResvs> locks = new Local<>();

        Restore(ResumeWork resume) {
            this.resume = resume;
            this.queues = resume.queues;
        }

        private boolean mapsUnguarded() {
            return queues.unmapped().stream().anyMatch(UserQueue::hasItsMemory) && kernel().deviates(MAPS_UNGUARDED);
        }

        private Call restoreAll() {
            return new RestoreAll(queues);
        }

        private void rearm() {
            queues.evictions().rearm(queues.memory(), queues.vm().resvs());
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    /** amdgpu_userq.c:amdgpu_userq_restore_all, under the userq_mutex. */
    private static final class RestoreAll extends Call {
        private static final Path<RestoreAll> PATH = Path.<RestoreAll>named("amdgpu_userq_restore_all")
                .run(call -> call.each = call.queues.unmapped().iterator())
                .repeat(next -> next.leaveIf(call -> !call.each.hasNext())
                        .run(call -> call.queue.set(call.each.next()))
                        .run(RestoreAll::look)
                        .when(
                                call -> !call.whole,
                                hole -> hole.run(call -> call.queue.get().become(UserQueueState.INVALID_VA)))
                        .when(
                                call -> call.whole,
                                whole -> whole.spend(
                                                call -> call.kernel().costs().resumeNs())
                                        .run(call -> call.queue.get().become(UserQueueState.MAPPED))))
                .end();

        private final UserQueues queues;
        private final Local<UserQueue> queue = new Local<>();
        private Iterator<UserQueue> each = List.<UserQueue>of().iterator();
        private boolean whole;

        RestoreAll(UserQueues queues) {
            this.queues = queues;
        }

        private void look() {
            whole = queue.get().hasItsMemory() || kernel().deviates(TAKES_ONE_ADDRESS);
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}
