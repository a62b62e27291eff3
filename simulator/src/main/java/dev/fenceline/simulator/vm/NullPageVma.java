package dev.fenceline.simulator.vm;

import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.LongList;
import dev.fenceline.event.PteWrite;
import dev.fenceline.event.PteWriter;
import dev.fenceline.event.VmaCreate;
import dev.fenceline.event.VmaKind;
import dev.fenceline.simulator.sched.Job;
import org.jspecify.annotations.Nullable;

/**
 * {@code xe_vm_create_null_vma}: a page that reads as zero and takes writes, for a while, where nothing is mapped: a thread whose access
 * faulted gets past it and into its exception handler, where a debugger finds it.
 */
final class NullPageVma extends Vma {
    private static final long PAGE_BYTES = 4096;
    private static final int ACCESS_BYTES = 64;

    /** Maps the page with {@code address}. */
    NullPageVma(GpuVm vm, long address) {
        super(vm, address / PAGE_BYTES * PAGE_BYTES, address / PAGE_BYTES * PAGE_BYTES + PAGE_BYTES);
        vm.kernel()
                .emit(VmaCreate.builder()
                        .vma(id())
                        .vm(vm.id())
                        .start(start())
                        .end(end())
                        .kind(VmaKind.NULL)
                        .readOnly(false)
                        .dumpable(false));
        vm.kernel().enrol(this);
    }

    @Override
    @Nullable LongList boundPages() {
        return null;
    }

    @Override
    VmaKind kind() {
        return VmaKind.NULL;
    }

    @Override
    void writePtes(long fence) {
        PteWrite.Builder event = PteWrite.builder()
                .vm(vm().id())
                .start(start())
                .end(end())
                .readOnly(false)
                .tile(0)
                .by(fence == 0 ? PteWriter.CPU : PteWriter.GPU);
        vm().kernel().emit(fence == 0 ? event : event.fence(fence));
        setBound(true);
    }

    @Override
    void access(ExecQueue queue, @Nullable Job job, long random, boolean write) {
        long offset = Long.remainderUnsigned(random, PAGE_BYTES / ACCESS_BYTES) * ACCESS_BYTES;
        GpuAccess.Builder event = GpuAccess.builder()
                .queue(queue.id())
                .vm(vm().id())
                .address(start() + offset)
                .length(ACCESS_BYTES)
                .write(write);
        vm().kernel().emit(by(queue, job, event));
    }
}
