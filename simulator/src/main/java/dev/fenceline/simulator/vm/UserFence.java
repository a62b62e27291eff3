package dev.fenceline.simulator.vm;

import dev.fenceline.event.UserFenceSignal;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceCallback;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A {@code xe_user_fence}: a value that a worker writes into memory of the program once an operation is done. No fence of the kernel
 * waits for it, so a debugger may hold it for as long as it likes.
 */
public final class UserFence implements Waits {
    /** The value is written while the bind that it reports is pending (rule V18). */
    public static final Deviation SIGNALS_EARLY = new Deviation("user-fence-before-its-bind", 3);

    private final Kernel kernel;
    private final GpuVm vm;
    private final long address;
    private final long value;
    private final WaitList waiters = new WaitList(this);
    private @Nullable FenceCallback callback;
    private boolean signaled;
    private boolean written;

    /** Promises to write {@code value} to {@code address}. */
    public UserFence(GpuVm vm, long address, long value) {
        this.kernel = vm.kernel();
        this.vm = vm;
        this.address = address;
        this.value = value;
    }

    /** Where the value goes. */
    public long address() {
        return address;
    }

    /** The value. */
    public long value() {
        return value;
    }

    /** The address space of the operation. */
    public GpuVm vm() {
        return vm;
    }

    /** Whether the driver counts it as signalled: a moment before the value can be seen. */
    boolean isSignaled() {
        return signaled;
    }

    /** Whether the value is there. */
    boolean isWritten() {
        return written;
    }

    WaitList waiters() {
        return waiters;
    }

    /** {@code xe_sync_entry_signal}: the value is written after {@code operation}, or soon if that is null. */
    void signalAfter(@Nullable DmaFence operation) {
        if (operation != null && !kernel.deviates(SIGNALS_EARLY)) {
            callback = new FenceCallback(kernel, this::done);
            if (operation.addCallback(callback)) {
                return;
            }
        }
        done();
    }

    private void done() {
        if (!vm.file().holds(this)) {
            release();
        }
    }

    /** {@code kick_ufence}: nobody holds it any more. */
    public void release() {
        vm.device().orderedWorkqueue().queue(new Worker(this));
    }

    @Override
    public String label() {
        return "user fence at 0x" + Long.toHexString(address);
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        // Who waits for it waits in user space's name: no deadlock of the kernel comes of that.
    }

    /** xe_sync.c:user_fence_worker. */
    private static final class Worker extends Call {
        private static final Path<Worker> PATH = Path.<Worker>named("user_fence_worker")
                .run(work -> work.fence.signaled = true)
                .spend(work -> work.kernel().costs().stepNs())
                .run(Worker::write)
                .end();

        private final UserFence fence;

        Worker(UserFence fence) {
            this.fence = fence;
        }

        private void write() {
            kernel().emit(UserFenceSignal.builder()
                    .vm(fence.vm.id())
                    .address(fence.address)
                    .value(fence.value)
                    .status(0));
            fence.written = true;
            fence.waiters.wakeAll();
            if (fence.callback != null) {
                fence.callback.free();
            }
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}
