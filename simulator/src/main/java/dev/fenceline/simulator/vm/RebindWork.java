package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import java.util.function.Consumer;

/** {@code vm->preempt.rebind_work}: the worker that makes a VM valid again runs once more, however often it is queued before it starts. */
final class RebindWork implements Waits {
    private final GpuVm vm;
    private final WaitList flushers = new WaitList(this);
    private boolean queued;
    private boolean running;

    RebindWork(GpuVm vm) {
        this.vm = vm;
    }

    /** {@code queue_work}: it holds the VM until it ends. */
    void queue() {
        if (queued) {
            return;
        }
        queued = true;
        if (!running) {
            vm.get();
            vm.device().unorderedWorkqueue().queue(new RebindWorker(vm));
        }
    }

    void begins() {
        queued = false;
        running = true;
    }

    void ends() {
        running = false;
        if (queued) {
            vm.device().unorderedWorkqueue().queue(new RebindWorker(vm));
        } else {
            flushers.wakeAll();
            vm.put();
        }
    }

    /** Whether it runs, or is to run. */
    boolean isPending() {
        return queued || running;
    }

    /** Where {@code flush_work} sleeps. */
    WaitList flushers() {
        return flushers;
    }

    @Override
    public String label() {
        return "rebind worker of VM " + vm.id();
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        // Who flushes it has closed the VM: it ends at once.
    }
}
