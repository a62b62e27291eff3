package dev.fenceline.simulator.vm;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;

/** xe_vm.c:xe_vm_close_and_put of a VM whose queue is idle and whose mappings are gone. */
public final class CloseVm extends Call {
    private static final Path<CloseVm> PATH = Path.<CloseVm>named("xe_vm_close_and_put")
            .call(close -> new ResvWait(close.vm.resv(), Usage.BOOKKEEP))
            .lock(close -> close.vm.lock(), Lock.Mode.W)
            .run(close -> close.vm.queues().forEach(ExecQueue::destroy))
            .run(close -> close.vm.close())
            .unlock(close -> close.vm.lock())
            .run(close -> close.vm.free())
            .end();

    private final GpuVm vm;

    /** Closes {@code vm} and frees it. */
    public CloseVm(GpuVm vm) {
        this.vm = vm;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
