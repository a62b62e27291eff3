package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** xe_vm.c:xe_vm_create_ioctl. */
public final class CreateVm extends Call {
    /** A VM whose accesses may fault is made for jobs, whose fences then wait for page faults (rule V12). */
    public static final Deviation TAKES_FAULTING_JOBS = new Deviation("fault-mode-without-long-running");

    private static final int EINVAL = -22;

    private static final Path<CreateVm> PATH =
            Path.<CreateVm>named("xe_vm_create_ioctl").run(CreateVm::create).end();

    private final XeFile file;
    private final GpuVm.Mode mode;
    private @Nullable GpuVm vm;
    private int result;

    /** Makes a VM of {@code mode}, or is refused if jobs might fault in it. */
    public CreateVm(XeFile file, GpuVm.Mode mode) {
        this.file = file;
        this.mode = mode;
    }

    /** 0, or -EINVAL. */
    public int result() {
        return result;
    }

    /** The VM. */
    public GpuVm vm() {
        if (vm == null) {
            throw new IllegalStateException("no VM was made");
        }
        return vm;
    }

    /** Whether it was made. */
    public boolean succeeded() {
        return vm != null;
    }

    private void create() {
        if (mode == GpuVm.Mode.FAULTING_JOBS && !kernel().deviates(TAKES_FAULTING_JOBS)) {
            result = EINVAL;
        } else {
            vm = new GpuVm(kernel(), file, mode);
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
