package dev.fenceline.simulator.vm;

import dev.fenceline.event.QueueCreate;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.gt.EngineGroup;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** xe_exec_queue.c:xe_exec_queue_create_ioctl; a long-running queue gets its preempt fence ({@code xe_vm_add_compute_exec_queue}). */
public final class CreateQueue extends Call {
    /** A queue that a debugger may halt is made in a VM with preempt fences, against the policy (rule D17). */
    public static final Deviation DEBUGS_ANYWHERE = new Deviation("preempt-fence-queue-is-debuggable");

    /**
     * The first queue of a VM is made while userptrs wait on the rebind list, and only those to be fetched are asked for (rule U01).
     * xe_vm_add_compute_exec_queue is so: the rebind worker that fetched them left again when it found no queue, and the next one leaves
     * when it finds no preempt fence that somebody waits for.
     */
    public static final Deviation FORGETS_REBINDS = new Deviation("new-queue-forgets-rebinds", 6);

    private static final int EINVAL = -22;

    private static final Path<CreateQueue> PATH = Path.<CreateQueue>named("xe_exec_queue_create_ioctl")
            .lock(create -> create.vm.lock(), Lock.Mode.W)
            .run(CreateQueue::create)
            .when(
                    create -> create.queue != null && create.vm.hasPreemptFences(),
                    compute -> compute.call(create -> create.locks = new LockResvs(create.vm.resvs()))
                            .run(create -> create.locks().reserve(1))
                            .lock(create -> create.vm.notifierLock(), Lock.Mode.R)
                            .run(CreateQueue::installPreemptFence)
                            .unlock(create -> create.vm.notifierLock())
                            .run(create -> create.locks().unlockAll(create.task())))
            .when(create -> create.queue != null, created -> created.run(CreateQueue::announce))
            .unlock(create -> create.vm.lock())
            .call(CreateQueue::addToGroup)
            .end();

    private final GpuVm vm;
    private final boolean debuggable;
    private @Nullable ExecQueue queue;
    private @Nullable LockResvs locks;

    /** Creates a queue in {@code vm}, whose threads a debugger may halt if it is {@code debuggable}. */
    public CreateQueue(GpuVm vm, boolean debuggable) {
        this.vm = vm;
        this.debuggable = debuggable;
    }

    /** 0, or -EINVAL if it may not be debuggable in this VM. */
    public int result() {
        return queue == null ? EINVAL : 0;
    }

    /** The queue. */
    public ExecQueue queue() {
        if (queue == null) {
            throw new IllegalStateException("the queue is not created yet");
        }
        return queue;
    }

    private void create() {
        boolean refused = debuggable && !vm.isFaultMode() && vm.device().debugsFaultModeOnly();
        if (refused && !kernel().deviates(DEBUGS_ANYWHERE)) {
            kernel().emit(QueueCreate.builder()
                    .vm(vm.id())
                    .client(vm.file().client().id())
                    .eudebug(true)
                    .owner(vm.file().client().owner().tgid())
                    .result(EINVAL));
        } else {
            queue = new ExecQueue(vm, debuggable);
        }
    }

    private void announce() {
        if (vm.isFaultMode()) {
            vm.queues().add(queue());
        }
        vm.file().created(queue());
    }

    /** Nobody waits for work with preempt fences, which can always be stopped. */
    private @Nullable Call addToGroup() {
        EngineGroup group = vm.device().engineGroup();
        return group == null || queue == null || vm.hasPreemptFences() ? null : group.new Add(queue);
    }

    private void installPreemptFence() {
        boolean busy = vm.needsRepin() || vm.preemptFencesWaiting() || findsRebinds();
        vm.queues().add(queue());
        queue().armPreemptFence();
        queue().publishPreemptFence(vm.resvs());
        DmaFence fence = queue().preemptFence();
        if (busy) {
            fence.enableSignaling();
        }
    }

    /** Pages may have been fetched when no queue was left to be put back, so that nobody wrote their entries. */
    private boolean findsRebinds() {
        return !vm.rebind().isEmpty() && !kernel().deviates(FORGETS_REBINDS);
    }

    private LockResvs locks() {
        if (locks == null) {
            throw new IllegalStateException("no reservation is locked");
        }
        return locks;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
