package dev.fenceline.simulator.vm;

import dev.fenceline.event.BindOp;
import dev.fenceline.event.GrantHow;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.VmBind;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.NotifierOps;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.CreateUserptrBo;

/**
 * amdgpu_gem.c:amdgpu_gem_userptr_ioctl with REGISTER, and amdgpu_gem_va_ioctl behind it, or
 * i915_gem_userptr.c:i915_gem_userptr_ioctl: a BO over memory of the process with its
 * notifier, mapped at a GPU address. Submissions fetch its pages and write its page table entries.
 */
public final class RegisterUserptr extends Call {
    private static final Path<RegisterUserptr> PATH = Path.<RegisterUserptr>named("amdgpu_gem_userptr_ioctl")
            .call(register -> register.created.set(new CreateUserptrBo(
                    register.vm.device().ttm(),
                    register.bytes,
                    register.vm.file().client().id())))
            .run(RegisterUserptr::register)
            .spend(register -> register.kernel().costs().ioctlNs())
            .run(RegisterUserptr::map)
            .end();

    private final GpuVm vm;
    private final long userptr;
    private final long bytes;
    private final Local<CreateUserptrBo> created = new Local<>();
    private final Local<UserptrBoVma> vma = new Local<>();

    /** Maps {@code bytes} of the program from {@code userptr} on into {@code vm}. */
    public RegisterUserptr(GpuVm vm, long userptr, long bytes) {
        this.vm = vm;
        this.userptr = userptr;
        this.bytes = bytes;
    }

    /** The mapping. */
    public UserptrBoVma vma() {
        return vma.get();
    }

    private void register() {
        Bo bo = created.get().bo();
        UserptrBoVma made = vma.set(new UserptrBoVma(vm, bo, userptr, this::invalidate));
        vm.mm().subscriptions().insert(made.notifier());
        vm.file().client().createHandle(bo, GrantHow.CREATE);
        bo.put();
    }

    private NotifierOps.StartPass invalidate(long curSeq) {
        return vm.device().variant().notifierModel() == NotifierModel.PINNED
                ? new SetSeqOnly(vma(), curSeq)
                : new InvalidateGfx(vma(), curSeq);
    }

    private void map() {
        vm.vmas().add(vma());
        kernel().emit(VmBind.builder()
                .vm(vm.id())
                .op(BindOp.MAP)
                .vma(vma().id())
                .result(0));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
