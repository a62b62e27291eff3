package dev.fenceline.simulator.debug;

import dev.fenceline.event.AccessCaller;
import dev.fenceline.event.UserCopy;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.ttm.CpuVma;

/**
 * memory.c:__access_remote_vm over a mapping of a BO, which ttm_bo_vm.c:ttm_bo_vm_access serves: a debugger of the CPU program reads
 * what the program sees, and knows of no GPU. How much it asks for is its own affair: nobody cuts it at the end of the mapping. A mapping
 * that went while it waited for the lock is not found.
 */
public final class PtraceAccess extends Call {
    private static final Path<PtraceAccess> PATH = Path.<PtraceAccess>named("__access_remote_vm")
            .lock(access -> access.mm.mmapLock(), Lock.Mode.R)
            .call(access -> access.vma.isMapped() ? access.reached.set(access.reach()) : null)
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

    private AccessBo reach() {
        return new AccessBo(vma.bo(), offset, length, write, AccessCaller.PTRACE);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
