package dev.fenceline.simulator.debug;

import dev.fenceline.event.DebugVmFsync;
import dev.fenceline.event.DebugVmOpen;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.GpuVm;
import dev.fenceline.simulator.vm.Vma;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The memory of a VM as a file of the debugger. It holds the objects, not the right: every access looks the handle up again. */
public final class VmFile {
    /** The handle is looked up in all connections instead of the debugger's own (rule D03). */
    public static final Deviation FOREIGN_HANDLE = new Deviation("vm-opened-by-handle-of-another-connection");

    private static final int EINVAL = -22;
    private static final int ENOTCONN = -107;
    private static final long FIRST_FD = 20;

    private final DebugConnection connection;
    private final long handle;
    private final GpuVm vm;
    private final long fd;

    private VmFile(DebugConnection connection, long handle, GpuVm vm, long fd) {
        this.connection = connection;
        this.handle = handle;
        this.vm = vm;
        this.fd = fd;
    }

    DebugConnection connection() {
        return connection;
    }

    long handle() {
        return handle;
    }

    GpuVm vm() {
        return vm;
    }

    long fd() {
        return fd;
    }

    /** Whether the handle still names the VM. */
    boolean isValid() {
        return connection.vm(handle) == vm;
    }

    /** Whether {@code vma} is a mapping of this VM. */
    public boolean shows(Vma vma) {
        return vma.vm() == vm;
    }

    /** What the VM maps now and the debugger may access, as it knows from events. */
    public List<Vma> vmas() {
        return vm.vmas().stream().filter(connection.clients()::isUsable).toList();
    }

    /** xe_eudebug.c:xe_eudebug_vm_open_ioctl. */
    public static final class Open extends Call {
        private static final Path<Open> PATH = Path.<Open>named("xe_eudebug_vm_open_ioctl")
                .spend(open -> open.kernel().costs().stepNs())
                .run(Open::open)
                .end();

        private final DebugConnection connection;
        private final long handle;
        private @Nullable VmFile file;

        /** Opens the VM that {@code handle} names in {@code connection}. */
        public Open(DebugConnection connection, long handle) {
            this.connection = connection;
            this.handle = handle;
        }

        /** The file, or null if the handle names nothing. */
        public @Nullable VmFile file() {
            return file;
        }

        /** The file descriptor or a negative errno. */
        public long result() {
            return file != null ? file.fd : connection.isDetached() ? ENOTCONN : EINVAL;
        }

        private void open() {
            GpuVm found = connection.vm(handle);
            if (found == null) {
                found = foreign();
            }
            DebugVmOpen.Builder event =
                    DebugVmOpen.builder().connection(connection.id()).vmHandle(handle);
            if (found != null) {
                file = new VmFile(connection, handle, found, FIRST_FD + handle);
                event.fd(file.fd).vm(found.id());
            }
            kernel().emit(event.result(result()));
        }

        private @Nullable GpuVm foreign() {
            Kernel kernel = kernel();
            for (DebugConnection other : connection.debug().connections()) {
                GpuVm vm = other.vm(handle);
                if (vm != null && !connection.isDetached() && kernel.deviates(FOREIGN_HANDLE)) {
                    return vm;
                }
            }
            return null;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    /** xe_eudebug.c:xe_eudebug_vm_fsync: instruction caches forget what the debugger overwrote. */
    public static final class Fsync extends Call {
        private static final Path<Fsync> PATH = Path.<Fsync>named("xe_eudebug_vm_fsync")
                .spend(fsync -> fsync.kernel().costs().tlbInvalidationNs())
                .run(Fsync::record)
                .end();

        private final VmFile file;

        /** Flushes what was written through {@code file}. */
        public Fsync(VmFile file) {
            this.file = file;
        }

        private void record() {
            file.vm.instructions().flush();
            kernel().emit(DebugVmFsync.builder()
                    .connection(file.connection.id())
                    .vmHandle(file.handle)
                    .fd(file.fd)
                    .vm(file.vm.id())
                    .result(0));
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}
