package dev.fenceline.simulator.svm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.MmuRange;
import dev.fenceline.simulator.vm.CpuMirror;
import dev.fenceline.simulator.vm.CpuMirrorVma;
import dev.fenceline.simulator.vm.GpuVm;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A {@code drm_gpusvm} with what xe adds to it: the ranges of a process's memory that the GPU reaches or will reach, the notifiers that
 * watch them, and those ranges that are of no use any more.
 */
public final class GpuSvm implements CpuMirror, Waits {
    /** {@code xe_modparam.svm_notifier_size}: how many addresses one notifier watches. */
    private static final long NOTIFIER_BYTES = 512L << 20;

    /** {@code fault_chunk_sizes}: how large ranges may be, the largest first. */
    private static final List<Long> CHUNKS = List.of(2L << 20, 64L << 10, 4L << 10);

    private final Kernel kernel;
    private final GpuVm vm;
    private final NavigableMap<Long, SvmRange> ranges = new TreeMap<>();
    private final NavigableMap<Long, SvmNotifier> notifiers = new TreeMap<>();
    private final Deque<SvmRange> garbage = new ArrayDeque<>();
    private final WaitList flushers = new WaitList(this);
    private boolean collectorQueued;
    private int collectors;
    private boolean prefersVram;

    /** {@code xe_svm_init} of a VM whose queues may fault. */
    public GpuSvm(Kernel kernel, GpuVm vm) {
        this.kernel = kernel;
        this.vm = vm;
    }

    /**
     * DRM_XE_PREFERRED_LOC_DEFAULT_DEVICE, or else DRM_XE_PREFERRED_LOC_DEFAULT_SYSTEM: whether a page fault brings what it is about into VRAM.
     * For all of the mirror, where the kernel has it for each mapping.
     */
    public void setPrefersVram(boolean prefers) {
        prefersVram = prefers;
    }

    boolean prefersVram() {
        return prefersVram;
    }

    Kernel kernel() {
        return kernel;
    }

    GpuVm vm() {
        return vm;
    }

    Mm mm() {
        return vm.mm();
    }

    @Override
    public boolean isBound(long address) {
        SvmRange range = rangeAt(address);
        return range != null && range.isBound(address);
    }

    @Override
    public long page(long address) {
        SvmRange range = rangeAt(address);
        if (range == null) {
            throw new IllegalStateException("no range has address " + address);
        }
        return range.page(address);
    }

    @Override
    public void written(long address, long bytes) {
        SvmRange range = rangeAt(address);
        if (range != null) {
            range.written(address, bytes);
        }
    }

    @Override
    public boolean hasMapping(long start, long end) {
        return overlaps(start, end);
    }

    @Override
    public Service serve(CpuMirrorVma vma, long address, Bound whenBound) {
        return new ServeFault(this, vma, address, whenBound);
    }

    /** {@code drm_gpusvm_range_find}. */
    @Nullable SvmRange rangeAt(long address) {
        Map.Entry<Long, SvmRange> found = ranges.floorEntry(address);
        return found == null || found.getValue().end() <= address ? null : found.getValue();
    }

    private boolean overlaps(long start, long end) {
        Map.Entry<Long, SvmRange> last = ranges.lowerEntry(end);
        return last != null && last.getValue().end() > start;
    }

    /** The ranges under {@code notifier} that have an address of {@code range}. */
    List<SvmRange> rangesIn(SvmNotifier notifier, MmuRange range) {
        return ranges.values().stream()
                .filter(each -> each.notifier() == notifier && range.overlaps(each.start(), each.end()))
                .toList();
    }

    /**
     * {@code drm_gpusvm_range_chunk_size}: the largest chunk around {@code address} that lies in {@code [start, end)} and is not
     * somebody else's.
     */
    Mm.PageRun chunk(long address, long start, long end) {
        for (long size : CHUNKS) {
            long from = address / size * size;
            if (from >= start && from + size <= end && !overlaps(from, from + size)) {
                return new Mm.PageRun(from, from + size);
            }
        }
        throw new IllegalStateException("there is a range at " + address);
    }

    /** {@code drm_gpusvm_notifier_find}. */
    @Nullable SvmNotifier notifierAt(long address) {
        return notifiers.get(address / NOTIFIER_BYTES * NOTIFIER_BYTES);
    }

    /** {@code drm_gpusvm_notifier_alloc} of the one around {@code address}, and its insertion. */
    SvmNotifier insertNotifier(long address) {
        long from = address / NOTIFIER_BYTES * NOTIFIER_BYTES;
        SvmNotifier notifier = new SvmNotifier(this, from, from + NOTIFIER_BYTES);
        notifiers.put(from, notifier);
        mm().subscriptions().insert(notifier.notifier());
        return notifier;
    }

    /** {@code drm_gpusvm_notifier_free}: it watches nothing. */
    void forget(SvmNotifier notifier) {
        notifiers.remove(notifier.start());
    }

    /** {@code drm_gpusvm_range_alloc} and {@code drm_gpusvm_range_insert}. */
    SvmRange insert(SvmNotifier notifier, Mm.PageRun chunk) {
        SvmRange range = new SvmRange(notifier, chunk.start(), chunk.end());
        ranges.put(range.start(), range);
        return range;
    }

    /** {@code xe_svm_garbage_collector_add_range}. */
    void discard(SvmRange range) {
        if (range.isUnmapped()) {
            return;
        }
        range.setUnmapped();
        garbage.add(range);
        if (!collectorQueued) {
            collectorQueued = true;
            collectors++;
            vm.device().pageFaultWorkqueue().queue(new CollectorWork(this));
        }
    }

    @Nullable SvmRange nextGarbage() {
        return garbage.poll();
    }

    void collectorRuns() {
        collectorQueued = false;
    }

    void collectorIsDone() {
        if (--collectors == 0) {
            flushers.wakeAll();
        }
    }

    /** Whether the worker is queued or runs. */
    boolean isCollectorPending() {
        return collectors > 0;
    }

    /** Who waits in {@code flush_work} for the worker. */
    WaitList flushers() {
        return flushers;
    }

    @Nullable SvmNotifier anyNotifier() {
        return notifiers.isEmpty() ? null : notifiers.firstEntry().getValue();
    }

    /** A range under {@code notifier}; null if there is none. */
    @Nullable SvmRange anyRange(SvmNotifier notifier) {
        return ranges.values().stream()
                .filter(each -> each.notifier() == notifier)
                .findFirst()
                .orElse(null);
    }

    @Override
    public void entriesAreCleared() {
        ranges.values().forEach(SvmRange::forgetEntries);
    }

    @Override
    public Call close() {
        return new CloseSvm(this);
    }

    @Override
    public Call fini() {
        return new FiniSvm(this);
    }

    @Override
    public String label() {
        return "garbage collector of the ranges of VM " + vm.id();
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        // The worker is a task of its own: what it waits for is found there.
    }

    /** {@code __drm_gpusvm_range_remove}: true if its notifier watches nothing any more. */
    boolean remove(SvmRange range) {
        ranges.remove(range.start());
        SvmNotifier notifier = range.notifier();
        boolean unused = ranges.values().stream().noneMatch(each -> each.notifier() == notifier);
        if (unused) {
            forget(notifier);
        }
        return unused;
    }
}
