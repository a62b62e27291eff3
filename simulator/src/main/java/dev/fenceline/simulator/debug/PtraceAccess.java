package dev.fenceline.simulator.debug;

import dev.fenceline.event.AccessCaller;
import dev.fenceline.event.Placement;
import dev.fenceline.event.UserCopy;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.power.RuntimePm;
import dev.fenceline.simulator.ttm.CpuVma;

/**
 * memory.c:__access_remote_vm over a mapping of a BO, which ttm_bo_vm.c:ttm_bo_vm_access serves: a debugger of the CPU program reads
 * what the program sees, and knows of no GPU. How much it asks for is its own affair: nobody cuts it at the end of the mapping. A mapping
 * that went while it waited for the lock is not found. The device is kept awake for it (xe_bo.c:xe_bo_vm_access).
 */
public final class PtraceAccess extends Call {
    /** Nobody wakes the device whose VRAM is read (rule T11). A copy by an engine wakes it all the same. */
    public static final Deviation LETS_SLEEP = new Deviation("ptrace-access-lets-device-sleep", 6);

    private static final Path<PtraceAccess> PATH = Path.<PtraceAccess>named("__access_remote_vm")
            .lock(access -> access.mm.mmapLock(), Lock.Mode.R)
            .call(access -> access.vma.isMapped() ? access.reached.set(access.reach()) : null)
            .run(PtraceAccess::put)
            .unlock(access -> access.mm.mmapLock())
            .run(access -> {
                AccessBo reached = access.reached.orNull();
                if (reached != null && reached.result() > 0) {
                    access.kernel().emit(UserCopy.builder().result(0));
                }
            })
            .end();

    private final Mm mm;
    private final CpuVma vma;
    private final long offset;
    private final long length;
    private final boolean write;
    private boolean keepsAwake;
    private final Local<AccessBo> reached = new Local<>();

    /** Reads {@code length} bytes from {@code offset} of what {@code vma}, a mapping of another process, shows. */
    public PtraceAccess(CpuVma vma, long offset, long length) {
        this(vma, offset, length, false);
    }

    /** Reads or writes them. */
    public PtraceAccess(CpuVma vma, long offset, long length, boolean write) {
        this.mm = vma.mm();
        this.vma = vma;
        this.offset = offset;
        this.length = length;
        this.write = write;
    }

    private RuntimePm power() {
        return vma.bo().device().drm().power();
    }

    private AccessBo reach() {
        boolean sleeps = power().isSuspended() && vma.bo().placement() == Placement.VRAM;
        keepsAwake = !sleeps || !kernel().deviates(LETS_SLEEP);
        if (keepsAwake) {
            power().get();
        }
        return new AccessBo(vma.bo(), offset, length, write, AccessCaller.PTRACE);
    }

    private void put() {
        if (keepsAwake) {
            power().put();
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
