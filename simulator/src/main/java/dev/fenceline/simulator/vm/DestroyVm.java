package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** xe_vm.c:xe_vm_destroy_ioctl: the handle is dead at once, unless queues with preempt fences are in the VM. */
public final class DestroyVm extends Call {
    /** The VM is destroyed under queues that run (rule V06). */
    public static final Deviation IGNORES_QUEUES = new Deviation("vm-is-destroyed-under-its-queues");

    private static final int ENOENT = -2;
    private static final int EBUSY = -16;

    private static final Path<DestroyVm> PATH = Path.<DestroyVm>named("xe_vm_destroy_ioctl")
            .run(DestroyVm::lookUp)
            .call(DestroyVm::close)
            .end();

    private final GpuVm vm;
    private int result;

    /** Destroys the handle of {@code vm}, which may be dead already. */
    public DestroyVm(GpuVm vm) {
        this.vm = vm;
    }

    /** 0, -ENOENT if there is no such handle, -EBUSY if queues with preempt fences are in the VM. */
    public int result() {
        return result;
    }

    private void lookUp() {
        if (!vm.file().vms().contains(vm)) {
            result = ENOENT;
        } else if (vm.hasPreemptFences() && !vm.queues().isEmpty() && !kernel().deviates(IGNORES_QUEUES)) {
            result = EBUSY;
        }
    }

    private @Nullable Call close() {
        return result == 0 ? new CloseVm(vm) : null;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
