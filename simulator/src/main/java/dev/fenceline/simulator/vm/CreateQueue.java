package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** xe_exec_queue.c:xe_exec_queue_create_ioctl; a long-running queue gets its preempt fence ({@code xe_vm_add_compute_exec_queue}). */
public final class CreateQueue extends Call {
    private static final Path<CreateQueue> PATH = Path.<CreateQueue>named("xe_exec_queue_create_ioctl")
            .lock(create -> create.vm.lock(), Lock.Mode.W)
            .run(create -> create.queue = new ExecQueue(create.vm))
            .when(
                    create -> create.vm.hasPreemptFences(),
                    compute -> compute.call(create -> create.locks = new LockResvs(create.vm.resvs()))
                            .lock(create -> create.vm.notifierLock(), Lock.Mode.R)
                            .run(CreateQueue::installPreemptFence)
                            .unlock(create -> create.vm.notifierLock())
                            .run(CreateQueue::unlock))
            .run(CreateQueue::announce)
            .unlock(create -> create.vm.lock())
            .end();

    private final GpuVm vm;
    private @Nullable ExecQueue queue;
    private @Nullable LockResvs locks;

    /** Creates a queue in {@code vm}. */
    public CreateQueue(GpuVm vm) {
        this.vm = vm;
    }

    /** The queue. */
    public ExecQueue queue() {
        if (queue == null) {
            throw new IllegalStateException("the queue is not created yet");
        }
        return queue;
    }

    private void announce() {
        if (vm.isFaultMode()) {
            vm.queues().add(queue());
        }
        vm.file().created(queue());
    }

    private void installPreemptFence() {
        vm.resvs().forEach(resv -> resv.reserve(1));
        boolean busy = vm.needsRepin() || vm.preemptFencesWaiting();
        vm.queues().add(queue());
        queue().armPreemptFence();
        queue().publishPreemptFence(vm.resvs());
        DmaFence fence = queue().preemptFence();
        if (busy) {
            fence.enableSignaling();
        }
    }

    private void unlock() {
        if (locks != null) {
            locks.unlockAll(task());
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
