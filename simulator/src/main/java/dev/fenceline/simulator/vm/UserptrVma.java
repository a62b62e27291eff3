package dev.fenceline.simulator.vm;

import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import dev.fenceline.event.VmListKind;
import dev.fenceline.event.VmaCreate;
import dev.fenceline.event.VmaKind;
import dev.fenceline.event.VmaList;
import dev.fenceline.simulator.gt.TlbBatch;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.mm.MmuRange;
import dev.fenceline.simulator.mm.RemoveNotifier;
import org.jspecify.annotations.Nullable;

/** A mapping of memory of the process, whose pages nobody pins: an interval notifier says when they go. */
public final class UserptrVma extends UserMemoryVma {
    private final Kernel kernel;
    private final long userptr;
    private final boolean readOnly;
    private long pagesSeq = -1;
    private VmListKind list = VmListKind.NONE;
    private boolean finishInUse;
    private boolean unwatched;
    private @Nullable TlbBatch invalidation;

    /** Maps {@code bytes} from the CPU address {@code userptr}, for the GPU to read only if {@code readOnly}. */
    UserptrVma(GpuVm vm, long start, long userptr, long bytes, boolean readOnly) {
        super(vm, start, userptr, bytes);
        this.kernel = vm.kernel();
        this.userptr = userptr;
        this.readOnly = readOnly;
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

    /** The same, with its notifier in place ({@code xe_userptr_setup}). */
    static UserptrVma watched(GpuVm vm, long start, long userptr, long bytes, boolean readOnly) {
        UserptrVma vma = new UserptrVma(vm, start, userptr, bytes, readOnly);
        vm.mm().subscriptions().insert(vma.notifier());
        return vma;
    }

    @Override
    Vma part(long from, long to) {
        return watched(vm(), from, userptr + from - start(), to - from, readOnly);
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

    /** The sequence number that the pages were fetched under. */
    public long pagesSeq() {
        return pagesSeq;
    }

    /** Whether its notifier was removed. */
    boolean isUnwatched() {
        return unwatched;
    }

    /** {@code xe_userptr_remove}: its notifier goes. */
    RemoveNotifier unwatch() {
        unwatched = true;
        return new RemoveNotifier(vm().mm(), notifier());
    }

    @Override
    void destroy() {
        unmapDma();
        super.destroy();
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

    /** {@code drm_gpusvm_get_pages}: takes over pages just fetched and maps them for the device. */
    void setPages(LongList fetched, long seq) {
        mapDma(fetched);
        pagesSeq = seq;
    }

    @Override
    long boId() {
        return Event.ABSENT;
    }

    @Override
    public boolean hasTwoPasses() {
        return vm().device().variant().twoPassNotifiers();
    }

    @Override
    public StartPass start(MmuRange range, long curSeq) {
        return range.isBlockable() || kernel.deviates(InvalidateUserptr.SLEEPS)
                ? new InvalidateUserptr.Start(this, curSeq)
                : new Refusal();
    }

    @Override
    public Call finish() {
        return new InvalidateUserptr.Finish(this);
    }
}
