package dev.fenceline.simulator.vm;

import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.LongList;
import dev.fenceline.event.VmaCreate;
import dev.fenceline.event.VmaKind;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.sched.Job;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A mapping with DRM_XE_VM_BIND_FLAG_CPU_ADDR_MIRROR: the GPU finds at an address what the program has there. It has no page table entries
 * of its own; they come and go by page faults and notifiers.
 */
public final class CpuMirrorVma extends Vma {
    private static final int ACCESS_BYTES = 64;

    private final CpuMirror mirror;
    private final NavigableMap<Long, Long> work;
    private final Map<Long, Long> faulting;

    /** Shows {@code [start, end)} by means of {@code mirror}. */
    CpuMirrorVma(GpuVm vm, long start, long end, CpuMirror mirror) {
        this(vm, start, end, mirror, new TreeMap<>(), new LinkedHashMap<>());
    }

    private CpuMirrorVma(
            GpuVm vm, long start, long end, CpuMirror mirror, NavigableMap<Long, Long> work, Map<Long, Long> faulting) {
        super(vm, start, end);
        this.mirror = mirror;
        this.work = work;
        this.faulting = faulting;
        vm.kernel()
                .emit(VmaCreate.builder()
                        .vma(id())
                        .vm(vm.id())
                        .start(start)
                        .end(end)
                        .kind(VmaKind.CPU_MIRROR)
                        .readOnly(false)
                        .dumpable(false));
        vm.kernel().enrol(this);
    }

    CpuMirror mirror() {
        return mirror;
    }

    /** From now on kernels on the GPU work on {@code [start, end)}, to which the program gave them a pointer. */
    public void work(long start, long end) {
        work.put(start, end);
    }

    /** Kernels on the GPU do not begin any more access to {@code [start, end)}, all or the first part of what they work on. */
    public void leave(long start, long end) {
        Long rest = work.remove(start);
        if (rest != null && rest > end) {
            work.put(end, rest);
        }
    }

    /** Whether an access to {@code [start, end)} still waits for the answer to its page fault. */
    public boolean isFaulting(long start, long end) {
        return faulting.values().stream().anyMatch(address -> start <= address && address < end);
    }

    /** What kernels on the GPU do is no matter of the mapping: they go on with all they were given. */
    @Override
    Vma part(long from, long to) {
        return new CpuMirrorVma(vm(), from, to, mirror, work, faulting);
    }

    @Override
    boolean hasEntries() {
        return false;
    }

    @Override
    boolean isUsed() {
        return !work.isEmpty() || !faulting.isEmpty();
    }

    /** The GPU must have lost of it what is unmapped; the rest is as it was. */
    @Override
    boolean isBusy(long from, long to) {
        return super.isBusy(from, to) || mirror.hasMapping(from, to);
    }

    @Override
    long addressOf(long random) {
        Long again = faulting.get(random);
        if (again != null) {
            return again;
        }
        int index = (int) Long.remainderUnsigned(random, work.size());
        Map.Entry<Long, Long> area =
                work.entrySet().stream().skip(index).findFirst().orElseThrow();
        long pages = (area.getValue() - area.getKey()) / Mm.PAGE_BYTES;
        return area.getKey() + Long.remainderUnsigned(random >>> Integer.SIZE, pages) * Mm.PAGE_BYTES;
    }

    @Override
    boolean isBoundFor(long random) {
        long address = addressOf(random);
        boolean bound = mirror.isBound(address);
        if (!bound) {
            faulting.put(random, address);
        }
        return bound;
    }

    @Override
    @Nullable LongList boundPages() {
        return null;
    }

    @Override
    VmaKind kind() {
        return VmaKind.CPU_MIRROR;
    }

    @Override
    void writePtes(long fence) {
        throw new IllegalStateException("a mirror has no entries of its own");
    }

    @Override
    void access(ExecQueue queue, @Nullable Job job, long random, boolean write) {
        long address = addressOf(random);
        faulting.remove(random);
        vm().kernel()
                .emit(by(
                        queue,
                        job,
                        GpuAccess.builder()
                                .queue(queue.id())
                                .vm(vm().id())
                                .address(address)
                                .length(ACCESS_BYTES)
                                .write(write)
                                .page(mirror.page(address))));
        if (write) {
            mirror.written(address, ACCESS_BYTES);
        }
    }
}
