package dev.fenceline.simulator.vm;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;

/** xe_vm.c:xe_vm_close_and_put: what is mapped is unmapped, and queues that are left hold the VM until they go. */
public final class CloseVm extends Call {
    private static final Path<CloseVm> PATH = Path.<CloseVm>named("xe_vm_close_and_put")
            .call(close -> new ResvWait(close.vm.resv(), Usage.BOOKKEEP))
            .repeat(each -> each.leaveIf(close -> close.vm.vmas().isEmpty())
                    .call(close -> new Unbind(close.vm.vmas().get(0))))
            .lock(close -> close.vm.lock(), Lock.Mode.W)
            .run(close -> close.vm.close())
            .unlock(close -> close.vm.lock())
            .run(close -> close.vm.put())
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
