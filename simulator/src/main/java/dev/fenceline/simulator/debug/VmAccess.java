package dev.fenceline.simulator.debug;

import dev.fenceline.event.DebugRegion;
import dev.fenceline.event.DebugVmAccess;
import dev.fenceline.event.UserCopy;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.UserptrVma;
import dev.fenceline.simulator.vm.Vma;
import org.jspecify.annotations.Nullable;

/** xe_eudebug.c:xe_eudebug_vm_access: pread or pwrite on a VM file; what lies behind the address decides the way. */
public final class VmAccess extends Call {
    private static final int EACCES = -13;
    private static final int EINVAL = -22;

    private static final Path<VmAccess> PATH = Path.<VmAccess>named("xe_eudebug_vm_access")
            .lock(access -> access.file.vm().lock(), Lock.Mode.R)
            .call(VmAccess::reach)
            .unlock(access -> access.file.vm().lock())
            .run(VmAccess::record)
            .end();

    private final VmFile file;
    private final long address;
    private final long length;
    private final boolean write;
    private long result = EINVAL;

    /** Reads or writes {@code length} bytes at the GPU address {@code address}; an access ends with its mapping. */
    public VmAccess(VmFile file, long address, long length, boolean write) {
        this.file = file;
        this.address = address;
        this.length = length;
        this.write = write;
    }

    /** The bytes done or a negative errno. */
    public long result() {
        return result;
    }

    private @Nullable Call reach() {
        Vma vma = file.isValid() ? file.vm().find(address) : null;
        if (vma == null) {
            return null;
        }
        long within = address - vma.start();
        result = Math.min(length, vma.end() - address);
        if (vma instanceof BoVma mapping) {
            return new AccessBo(mapping.bo(), mapping.boOffset() + within, result, write);
        }
        UserptrVma userptr = (UserptrVma) vma;
        // The pages of a read-only mapping may be shared with others, so nobody but the mm may give it some to write
        // to.
        if (write && userptr.isReadOnly() && !kernel().deviates(AccessUserptr.WRITES_READ_ONLY)) {
            result = EACCES;
            return null;
        }
        return new AccessUserptr(userptr, within, result, write);
    }

    private void record() {
        if (result > 0) {
            kernel().emit(UserCopy.builder().result(0));
        }
        kernel().emit(DebugVmAccess.builder()
                .connection(file.connection().id())
                .vmHandle(file.handle())
                .fd(file.fd())
                .vm(file.vm().id())
                .offset(address)
                .length(length)
                .write(write)
                .region(DebugRegion.DATA)
                .result(result));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
