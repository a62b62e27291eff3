package dev.fenceline.simulator.debug;

import dev.fenceline.event.AccessCaller;
import dev.fenceline.event.DebugRegion;
import dev.fenceline.event.DebugVmAccess;
import dev.fenceline.event.PageAccess;
import dev.fenceline.event.PageAccessor;
import dev.fenceline.event.UserCopy;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.UserptrVma;
import dev.fenceline.simulator.vm.Vma;
import org.jspecify.annotations.Nullable;

/**
 * xe_eudebug.c:__xe_eudebug_vm_access: pread or pwrite on a VM file, from one mapping into the next until there is a hole; what lies
 * behind the address decides the way.
 */
public final class VmAccess extends Call {
    /** The offset in the mapping is taken for that in the BO, as the posted series does (rule T08). */
    public static final Deviation FORGETS_OFFSET = new Deviation("debugger-forgets-bo-offset");

    /** What has no BO is taken for a userptr, as thread 001's patch does (rule T09). */
    public static final Deviation TAKES_SPARSE_FOR_USERPTR = new Deviation("debugger-takes-sparse-for-userptr");

    /** An access that meets a hole says that all was copied (rule T07). */
    public static final Deviation HIDES_HOLE = new Deviation("vm-access-hides-a-hole");

    private static final long INSTRUCTION_BYTES = 16;
    private static final int EACCES = -13;
    private static final int EINVAL = -22;

    private static final Path<VmAccess> PATH = Path.<VmAccess>named("xe_eudebug_vm_access")
            .lock(access -> access.file.vm().lock(), Lock.Mode.R)
            .repeat(part -> part.run(VmAccess::find)
                    .leaveIf(access -> access.vma == null)
                    .call(VmAccess::reach)
                    .run(VmAccess::count)
                    .leaveIf(access -> access.error != 0))
            .unlock(access -> access.file.vm().lock())
            .run(VmAccess::record)
            .end();

    private final VmFile file;
    private final long address;
    private final long length;
    private final boolean write;
    private final DebugRegion region;
    private final boolean breakpoint;
    private final Local<AccessBo> boAccess = new Local<>();
    private final Local<AccessUserptr> userptrAccess = new Local<>();
    private @Nullable Vma vma;
    private long copied;
    private long error;
    private long result;

    /** Reads or writes {@code length} bytes of data at the GPU address {@code address}. */
    public VmAccess(VmFile file, long address, long length, boolean write) {
        this(file, address, length, write, DebugRegion.DATA, false);
    }

    /** Writes a breakpoint over the instruction at {@code address}, or the instruction back. */
    public static VmAccess ofCode(VmFile file, long address, boolean breakpoint) {
        return new VmAccess(file, address, INSTRUCTION_BYTES, true, DebugRegion.CODE, breakpoint);
    }

    private VmAccess(VmFile file, long address, long length, boolean write, DebugRegion region, boolean breakpoint) {
        this.region = region;
        this.breakpoint = breakpoint;
        this.file = file;
        this.address = address;
        this.length = length;
        this.write = write;
    }

    /** The bytes done, fewer than asked for where a hole was met, or a negative errno. */
    public long result() {
        return result;
    }

    private void find() {
        boAccess.clear();
        userptrAccess.clear();
        boolean goesOn = copied < length && file.isValid();
        vma = goesOn ? file.vm().find(address + copied) : null;
    }

    private @Nullable Call reach() {
        Vma found = vma;
        if (found == null) {
            return null;
        }
        long within = address + copied - found.start();
        long bytes = Math.min(length - copied, found.end() - address - copied);
        if (found instanceof BoVma mapping) {
            boolean forgets = mapping.boOffset() != 0 && kernel().deviates(FORGETS_OFFSET);
            long offset = forgets ? within : mapping.boOffset() + within;
            return boAccess.set(new AccessBo(mapping.bo(), offset, bytes, write, AccessCaller.EUDEBUG));
        }
        if (!(found instanceof UserptrVma userptr)) {
            reachNothing(found, bytes);
            return null;
        }
        // The pages of a read-only mapping may be shared with others, so nobody but the mm may give it some to write
        // to.
        if (write && userptr.isReadOnly() && !kernel().deviates(AccessUserptr.WRITES_READ_ONLY)) {
            error = EACCES;
            return null;
        }
        return userptrAccess.set(new AccessUserptr(userptr, within, bytes, write));
    }

    /** What could not be reached ends the access: it returns what was done before, or the error if that is nothing. */
    private void count() {
        AccessBo bo = boAccess.orNull();
        AccessUserptr userptr = userptrAccess.orNull();
        long done = bo != null ? bo.result() : userptr != null ? userptr.result() : error;
        if (done < 0) {
            error = done;
        } else {
            copied += done;
        }
    }

    /** A sparse mapping reads as zeros, and takes no write. */
    private void reachNothing(Vma sparse, long bytes) {
        if (kernel().deviates(TAKES_SPARSE_FOR_USERPTR)) {
            copied += bytes;
            // Which page it reaches is what lies behind the end of the mapping's object.
            kernel().emit(PageAccess.builder()
                    .who(PageAccessor.CPU_KMAP)
                    .length(bytes)
                    .write(write)
                    .via(sparse.id()));
        } else if (write) {
            error = EACCES;
        } else {
            copied += bytes;
        }
    }

    private void record() {
        result = copied > 0 || length == 0 ? copied : error != 0 ? error : EINVAL;
        if (copied > 0 && copied < length && kernel().deviates(HIDES_HOLE)) {
            result = length;
        }
        if (region == DebugRegion.CODE && result > 0) {
            file.vm().instructions().write(breakpoint);
        }
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
                .region(region)
                .result(result));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
