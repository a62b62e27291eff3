package dev.fenceline.simulator.vm;

import dev.fenceline.event.RebindBy;
import dev.fenceline.event.Usage;
import dev.fenceline.event.VmaRebind;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.ttm.Validate;
import java.util.Iterator;
import java.util.List;

/**
 * amdgpu_userq.c:amdgpu_userq_vm_validate_and_restore_queue, up to where the eviction fence is armed: what was evicted comes back, the
 * page tables show where it lies now, and all of it is waited for, under the lock of the VM and all its reservations.
 */
public final class ValidateVm extends Call {
    private static final Path<ValidateVm> PATH = Path.<ValidateVm>named("amdgpu_userq_bo_validate")
            .repeat(move -> move.leaveIf(call -> call.vm.evicted().isEmpty())
                    .call(call -> new Validate(call.takeEvicted().bo(), false, false)))
            .run(call -> call.locks.reserve(call.vm.rebind().size() + 1))
            .run(ValidateVm::rebind)
            .run(call -> call.updated = List.copyOf(call.vm.resvs()).iterator())
            .repeat(each -> each.leaveIf(call -> !call.updated.hasNext())
                    .call(call -> new ResvWait(call.updated.next(), Usage.KERNEL)))
            .end();

    private final GpuVm vm;
    private final LockResvs locks;
    private Iterator<DmaResv> updated = List.<DmaResv>of().iterator();

    /** Makes {@code vm} valid, whose reservations {@code locks} holds. */
    public ValidateVm(GpuVm vm, LockResvs locks) {
        this.vm = vm;
        this.locks = locks;
    }

    private BoVma takeEvicted() {
        BoVma vma = vm.evicted().iterator().next();
        vm.evicted().remove(vma);
        return vma;
    }

    /** {@code amdgpu_vm_handle_moved}. */
    private void rebind() {
        for (Iterator<Vma> stale = vm.rebind().iterator(); stale.hasNext(); ) {
            Vma vma = stale.next();
            stale.remove();
            Job job = vm.device().ttm().migrate().job(new PteJob(vm, vma.pteWriter()));
            vm.resvs().forEach(resv -> job.dependOn(resv, Usage.KERNEL));
            job.arm();
            DmaFence written = job.finished();
            kernel().emit(VmaRebind.builder()
                    .vma(vma.id())
                    .vm(vm.id())
                    .by(RebindBy.WORKER)
                    .fence(written.id()));
            vm.resvs().forEach(resv -> resv.add(written, Usage.KERNEL));
            job.push();
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
