package dev.fenceline.simulator.vm;

import dev.fenceline.event.DmaMap;
import dev.fenceline.event.DmaUnmap;
import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.LongList;
import dev.fenceline.event.PteWrite;
import dev.fenceline.event.PteWriter;
import dev.fenceline.event.VmListKind;
import dev.fenceline.event.VmaCreate;
import dev.fenceline.event.VmaKind;
import dev.fenceline.event.VmaList;
import dev.fenceline.simulator.gt.TlbBatch;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.mm.IntervalNotifier;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.NotifierOps;
import dev.fenceline.simulator.sched.Job;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A mapping of memory of the process, whose pages nobody pins: an interval notifier says when they go. */
public final class UserptrVma extends Vma implements NotifierOps {
    private static final int ACCESS_BYTES = 64;

    private final Kernel kernel;
    private final long userptr;
    private final boolean readOnly;
    private final IntervalNotifier notifier;
    private LongList pages = LongList.of();
    private long pagesSeq = -1;
    private LongList mapped = LongList.of();
    private long iova;
    private VmListKind list = VmListKind.NONE;
    private boolean finishInUse;
    private boolean unwatched;
    private @Nullable TlbBatch invalidation;

    /** Maps {@code bytes} from the CPU address {@code userptr}, for the GPU to read only if {@code readOnly}. */
    UserptrVma(GpuVm vm, long start, long userptr, long bytes, boolean readOnly) {
        super(vm, start, start + bytes);
        this.kernel = vm.kernel();
        this.userptr = userptr;
        this.readOnly = readOnly;
        this.notifier = new IntervalNotifier(kernel, vm.id(), id(), userptr, userptr + bytes, this);
        kernel.emit(VmaCreate.builder()
                .vma(id())
                .vm(vm.id())
                .start(start)
                .end(end())
                .kind(VmaKind.USERPTR)
                .userptr(userptr)
                .readOnly(readOnly)
                .dumpable(false));
        kernel.enrol(this);
    }

    /** {@code xe_vma_read_only}: its pages are fetched without asking for a right to write them. */
    @Override
    public boolean isReadOnly() {
        return readOnly;
    }

    /** The CPU address it begins at. */
    public long userptr() {
        return userptr;
    }

    public IntervalNotifier notifier() {
        return notifier;
    }

    /** The pages fetched last. */
    public LongList pages() {
        return pages;
    }

    /** The sequence number they were fetched under. */
    public long pagesSeq() {
        return pagesSeq;
    }

    /** Whether its notifier was removed. */
    boolean isUnwatched() {
        return unwatched;
    }

    void setUnwatched() {
        unwatched = true;
    }

    boolean isFinishInUse() {
        return finishInUse;
    }

    void setFinishInUse(boolean is) {
        finishInUse = is;
    }

    /** What waits for the TLB invalidation that the first pass of the notifier submitted; null if it did not. */
    @Nullable TlbBatch takeInvalidation() {
        TlbBatch taken = invalidation;
        invalidation = null;
        return taken;
    }

    void setInvalidation(TlbBatch submitted) {
        invalidation = submitted;
    }

    @Override
    LongList boundPages() {
        return mapped;
    }

    @Override
    VmaKind kind() {
        return VmaKind.USERPTR;
    }

    @Override
    VmListKind list() {
        return list;
    }

    /** Goes to another list of the VM. */
    void moveTo(VmListKind to) {
        if (list != to) {
            list = to;
            kernel.emit(VmaList.builder().vma(id()).vm(vm().id()).list(to));
        }
    }

    /** Takes over pages just fetched and maps them for the device. */
    void setPages(LongList fetched, long seq) {
        unmapDma();
        pages = fetched;
        pagesSeq = seq;
        iova = kernel.newId() << 32;
        long device = vm().device().id();
        for (int i = 0; i < fetched.size(); i++) {
            kernel.emit(DmaMap.builder()
                    .device(device)
                    .page(fetched.get(i))
                    .iova(iova + i * Mm.PAGE_BYTES)
                    .length(Mm.PAGE_BYTES)
                    .notifier(notifier.id()));
        }
    }

    boolean isMappedForDma() {
        return iova != 0;
    }

    /** {@code drm_gpusvm_unmap_pages}: the device mapping must not outlive the notifier. */
    void unmapDma() {
        if (iova == 0) {
            return;
        }
        long device = vm().device().id();
        for (int i = 0; i < pages.size(); i++) {
            kernel.emit(DmaUnmap.builder()
                    .device(device)
                    .page(pages.get(i))
                    .iova(iova + i * Mm.PAGE_BYTES)
                    .length(Mm.PAGE_BYTES)
                    .notifier(notifier.id()));
        }
        iova = 0;
    }

    /** The PTEs show the pages fetched last when the job was queued. */
    @Override
    LongConsumer pteWriter() {
        LongList now = pages;
        return fence -> writePtes(fence, now);
    }

    @Override
    void writePtes(long fence) {
        writePtes(fence, pages);
    }

    private void writePtes(long fence, LongList shown) {
        mapped = shown;
        PteWrite.Builder event = PteWrite.builder()
                .vm(vm().id())
                .start(start())
                .end(end())
                .pages(mapped)
                .readOnly(readOnly)
                .tile(0)
                .by(fence == 0 ? PteWriter.CPU : PteWriter.GPU);
        kernel.emit(fence == 0 ? event : event.fence(fence));
        setBound(true);
    }

    @Override
    void access(ExecQueue queue, @Nullable Job job, long random, boolean write) {
        int index = (int) Long.remainderUnsigned(random, mapped.size());
        GpuAccess.Builder event = GpuAccess.builder()
                .queue(queue.id())
                .vm(vm().id())
                .address(start() + index * Mm.PAGE_BYTES)
                .length(ACCESS_BYTES)
                .write(write && !readOnly)
                .page(mapped.get(index));
        kernel.emit(by(queue, job, event));
    }

    @Override
    public boolean hasTwoPasses() {
        return vm().device().variant().twoPassNotifiers();
    }

    @Override
    public StartPass start(long curSeq, boolean blockable) {
        return blockable || kernel.deviates(InvalidateUserptr.SLEEPS)
                ? new InvalidateUserptr.Start(this, curSeq)
                : new Refusal();
    }

    @Override
    public Call finish() {
        return new InvalidateUserptr.Finish(this);
    }
}
