package dev.fenceline.simulator.vm;

import dev.fenceline.event.ExecPublish;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;

/** xe_exec.c:xe_exec_ioctl on a long-running queue: no fence and no notifier lock, the work runs until it is preempted. */
public final class StartQueue extends Call {
    private static final Path<StartQueue> PATH = Path.<StartQueue>named("xe_exec_ioctl")
            .lock(exec -> exec.queue.vm().lock(), Lock.Mode.R)
            .run(StartQueue::publish)
            .unlock(exec -> exec.queue.vm().lock())
            .end();

    private final ExecQueue queue;

    /** Submits the long-running work of {@code queue}. */
    public StartQueue(ExecQueue queue) {
        this.queue = queue;
    }

    private void publish() {
        kernel().emit(ExecPublish.builder()
                .vm(queue.vm().id())
                .queue(queue.id())
                .result(0));
        queue.start();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
