package dev.fenceline.simulator.kfd;

import dev.fenceline.event.BindOp;
import dev.fenceline.event.VmBind;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.CreateUserptrBo;
import dev.fenceline.simulator.vm.GetUserPages;
import java.util.List;

/**
 * amdgpu_amdkfd_gpuvm.c:amdgpu_amdkfd_gpuvm_alloc_memory_of_gpu with KFD_IOC_ALLOC_MEM_FLAGS_USERPTR, and amdgpu_amdkfd_gpuvm_map_memory_to_gpu
 * behind it: a BO over memory of the process, registered with its notifier, fetched, and mapped. If a notifier came between, writing
 * the page tables is left to the restore worker, until which the queues stand still.
 */
public final class AllocateUserptr extends Call {
    private static final Path<AllocateUserptr> PATH = Path.<AllocateUserptr>named(
                    "amdgpu_amdkfd_gpuvm_alloc_memory_of_gpu")
            .call(alloc -> alloc.bo.set(new CreateUserptrBo(
                    alloc.process.vm().device().ttm(),
                    alloc.bytes,
                    alloc.process.vm().file().client().id())))
            .lock(alloc -> alloc.process.lock(), Lock.Mode.X)
            .run(AllocateUserptr::register)
            .call(alloc -> new GetUserPages(alloc.mem().vma()))
            .run(alloc -> alloc.process.memory().add(alloc.mem()))
            .unlock(alloc -> alloc.process.lock())
            .lock(alloc -> alloc.process.lock(), Lock.Mode.X)
            .lock(alloc -> alloc.process.notifierLock(), Lock.Mode.X)
            .run(alloc -> alloc.valid = alloc.mem().invalid() == 0)
            .unlock(alloc -> alloc.process.notifierLock())
            .call(alloc -> alloc.locks.set(new LockResvs(
                    List.of(alloc.process.vm().resv(), alloc.mem().bo().resv()))))
            .spend(alloc -> alloc.kernel().costs().stepNs())
            .run(AllocateUserptr::map)
            .run(alloc -> alloc.locks.get().unlockAll(alloc.task()))
            .unlock(alloc -> alloc.process.lock())
            .end();

    private final KfdProcess process;
    private final long userptr;
    private final long bytes;
    private final Local<CreateUserptrBo> bo = new Local<>();
    private final Local<KfdMem> mem = new Local<>();
    private final Local<LockResvs> locks = new Local<>();
    private boolean valid;

    /** Maps {@code bytes} of the process's memory from {@code userptr} on. */
    public AllocateUserptr(KfdProcess process, long userptr, long bytes) {
        this.process = process;
        this.userptr = userptr;
        this.bytes = bytes;
    }

    private KfdMem mem() {
        return mem.get();
    }

    private void register() {
        mem.set(new KfdMem(process, bo.get().bo(), userptr));
        process.vm().mm().subscriptions().insert(mem().vma().notifier());
        process.vm().vmas().add(mem().vma());
    }

    private void map() {
        kernel().emit(VmBind.builder()
                .vm(process.vm().id())
                .op(BindOp.MAP)
                .vma(mem().vma().id())
                .result(0));
        if (valid) {
            mem().vma().setUserPages();
            mem().vma().updatePtes();
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
