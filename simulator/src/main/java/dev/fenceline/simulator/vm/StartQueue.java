package dev.fenceline.simulator.vm;

import dev.fenceline.event.EngineGroupMode;
import dev.fenceline.event.ExecPublish;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.gt.EngineGroup;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.Syncobj;
import org.jspecify.annotations.Nullable;

/**
 * xe_exec.c:xe_exec_ioctl on a long-running queue: no fence and no notifier lock, the work runs until it is preempted. In a group of
 * engines work that may fault waits for its turn; work with preempt fences counts as a job while it is submitted.
 */
public final class StartQueue extends Call {
    /** A syncobj to signal is accepted, and gets a fence that signals when the program likes (rule V11). */
    public static final Deviation ACCEPTS_SYNCOBJ = new Deviation("long-running-work-signals-a-syncobj");

    private static final int ECANCELED = -125;

    private static final Path<StartQueue> PATH = Path.<StartQueue>named("xe_exec_ioctl")
            .call(StartQueue::getMode)
            .lock(exec -> exec.queue.vm().lock(), Lock.Mode.R)
            .run(exec -> exec.result = exec.queue.vm().isClosedOrBanned() ? ECANCELED : 0)
            .when(exec -> exec.result == 0, live -> live.run(StartQueue::publish))
            .unlock(exec -> exec.queue.vm().lock())
            .run(StartQueue::putMode)
            .end();

    private final ExecQueue queue;
    private int result;

    /** Submits the long-running work of {@code queue}. */
    public StartQueue(ExecQueue queue) {
        this.queue = queue;
    }

    /** 0, or -ECANCELED if the VM is closed or banned. */
    public int result() {
        return result;
    }

    private @Nullable Call getMode() {
        EngineGroup group = queue.group();
        return group == null || queue.mayFault() ? null : group.new GetMode(EngineGroupMode.DMA_FENCE);
    }

    private void putMode() {
        EngineGroup group = queue.group();
        if (group == null) {
            return;
        }
        if (!queue.mayFault()) {
            group.modeSem().release(task());
        } else if (result == 0) {
            group.resumeFaulting();
        }
    }

    private void publish() {
        ExecPublish.Builder event =
                ExecPublish.builder().vm(queue.vm().id()).queue(queue.id()).result(0);
        if (kernel().deviates(ACCEPTS_SYNCOBJ)) {
            DmaFence work = queue.exposeWork();
            kernel().emit(event.fence(work.id()));
            Syncobj out = new Syncobj(kernel());
            out.replace(work);
            out.free();
            work.handOff();
        } else {
            kernel().emit(event);
        }
        queue.start();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
