package dev.fenceline.simulator.vm;

import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.LongList;
import dev.fenceline.event.PteWrite;
import dev.fenceline.event.PteWriter;
import dev.fenceline.event.VmaCreate;
import dev.fenceline.event.VmaKind;
import dev.fenceline.simulator.sched.Job;
import org.jspecify.annotations.Nullable;

/** A sparse mapping: there is no memory behind it, reads give zeros, and writes are lost. It is no userptr although it has no BO. */
public final class NullVma extends Vma {
    private static final int ACCESS_BYTES = 64;

    NullVma(GpuVm vm, long start, long end) {
        super(vm, start, end);
        vm.kernel()
                .emit(VmaCreate.builder()
                        .vma(id())
                        .vm(vm.id())
                        .start(start)
                        .end(end)
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
    Vma part(long from, long to) {
        NullVma part = new NullVma(vm(), from, to);
        part.inherit(this);
        return part;
    }

    /** Entries with the bit NULL and no address. */
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
        setLargestEntry(EntrySize.fitting(start(), end(), (address, bytes) -> true));
        setBound(true);
    }

    @Override
    void access(ExecQueue queue, @Nullable Job job, long random, boolean write) {
        long slots = (end() - start()) / ACCESS_BYTES;
        GpuAccess.Builder event = GpuAccess.builder()
                .queue(queue.id())
                .vm(vm().id())
                .address(start() + Long.remainderUnsigned(random, slots) * ACCESS_BYTES)
                .length(ACCESS_BYTES)
                .write(write);
        vm().kernel().emit(by(queue, job, event));
    }
}
