package dev.fenceline.simulator.vm;

import dev.fenceline.event.DmaMap;
import dev.fenceline.event.DmaUnmap;
import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.LongList;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.PteWrite;
import dev.fenceline.event.PteWriter;
import dev.fenceline.event.PteZap;
import dev.fenceline.event.VmaCreate;
import dev.fenceline.event.VmaKind;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.mm.IntervalNotifier;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.NotifierOps;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.ttm.Bo;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The userptr of amdgpu and i915: a BO over memory of the process (amdgpu_ttm.c:{@code amdgpu_ttm_tt.userptr}), with the notifier that is
 * registered for it and its mapping in one VM. amdgpu pins no pages, i915 does.
 *
 * <p>The pages fetched last become the BO's when it is validated, which maps them for the device; they stay mapped when a notifier
 * strikes, because it is the page tables that protect them, until other pages take their place.
 */
public final class UserptrBoVma extends Vma implements NotifierOps {
    private static final int ACCESS_BYTES = 64;

    private final Kernel kernel;
    private final Bo bo;
    private final IntervalNotifier notifier;
    private final LongFunction<StartPass> invalidate;
    private LongList fetched = LongList.of();
    private long fetchedSeq = -1;
    private LongList pages = LongList.of();
    private LongList mapped = LongList.of();
    private long iova;

    /**
     * Maps all of {@code bo}, which shows the process's memory from {@code userptr} on, at a free GPU address. The notifier is not
     * inserted yet.
     *
     * @param invalidate what a callback does, which is told the sequence number to store
     */
    public UserptrBoVma(GpuVm vm, Bo bo, long userptr, LongFunction<StartPass> invalidate) {
        this(vm, vm.reserveAddresses(bo.bytes()), bo, userptr, invalidate);
    }

    private UserptrBoVma(GpuVm vm, long start, Bo bo, long userptr, LongFunction<StartPass> invalidate) {
        super(vm, start, start + bo.bytes());
        this.kernel = vm.kernel();
        this.bo = bo;
        this.invalidate = invalidate;
        this.notifier = new IntervalNotifier(kernel, vm.id(), id(), userptr, userptr + bo.bytes(), this);
        kernel.emit(VmaCreate.builder()
                .vma(id())
                .vm(vm.id())
                .start(start)
                .end(end())
                .kind(VmaKind.USERPTR)
                .bo(bo.id())
                .boOffset(0)
                .userptr(userptr)
                .readOnly(false));
        kernel.enrol(this);
    }

    public Bo bo() {
        return bo;
    }

    public IntervalNotifier notifier() {
        return notifier;
    }

    /** {@code amdgpu_hmm_range_valid}, under the notifier lock: whether the pages fetched last are still those of the process. */
    public boolean isFetchValid() {
        return !notifier.readRetry(fetchedSeq);
    }

    /** Whether the pages fetched last are not those that the BO has. */
    public boolean hasNewPages() {
        return !fetched.equals(pages);
    }

    /** Whether the pages fetched last are those of a fetch that began with {@code seq}. */
    boolean isFetchedAt(long seq) {
        return fetchedSeq == seq;
    }

    /** The pages that the BO has. */
    LongList pages() {
        return pages;
    }

    void setFetched(LongList found, long seq) {
        fetched = found;
        fetchedSeq = seq;
    }

    /** {@code amdgpu_ttm_tt_set_user_pages} and {@code amdgpu_ttm_tt_pin_userptr}, under the reservation: maps them for the device. */
    public void setUserPages() {
        unmapDma();
        pages = fetched;
        iova = kernel.newId() << 32;
        long device = vm().device().id();
        for (int i = 0; i < pages.size(); i++) {
            kernel.emit(DmaMap.builder()
                    .device(device)
                    .page(pages.get(i))
                    .iova(iova + i * Mm.PAGE_BYTES)
                    .length(Mm.PAGE_BYTES)
                    .notifier(notifier.id())
                    .bo(bo.id()));
        }
    }

    /** {@code amdgpu_ttm_tt_unpin_userptr}: the BO has no pages any more. */
    public void unmapDma() {
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
                    .notifier(notifier.id())
                    .bo(bo.id()));
        }
        pages = LongList.of();
        iova = 0;
    }

    /** Page tables show it no longer, as the CPU sees to. */
    void clearPtes() {
        mapped = LongList.of();
        setBound(false);
        kernel.emit(
                PteZap.builder().vm(vm().id()).start(start()).end(end()).tile(0).by(PteWriter.CPU));
    }

    /** {@code update_gpuvm_pte} by the CPU: page tables show the pages that the BO has. */
    public void updatePtes() {
        writePtes(0);
    }

    @Override
    LongList boundPages() {
        return mapped;
    }

    @Override
    VmaKind kind() {
        return VmaKind.USERPTR;
    }

    /** The entries show the pages that the BO has now, whatever it has when the job runs. */
    @Override
    LongConsumer pteWriter() {
        LongList shown = pages;
        return fence -> writePtes(shown, fence);
    }

    @Override
    void writePtes(long fence) {
        writePtes(pages, fence);
    }

    private void writePtes(LongList shown, long fence) {
        mapped = shown;
        PteWrite.Builder event = PteWrite.builder()
                .vm(vm().id())
                .start(start())
                .end(end())
                .pages(mapped)
                .readOnly(false)
                .tile(0)
                .by(fence == 0 ? PteWriter.CPU : PteWriter.GPU);
        kernel.emit(fence == 0 ? event : event.fence(fence));
        setBound(true);
    }

    /** A queue that runs without jobs reads or writes somewhere in it. */
    public void access(long queue, long random, boolean write) {
        kernel.emit(accessed(queue, random, write));
    }

    @Override
    void access(ExecQueue queue, @Nullable Job job, long random, boolean write) {
        kernel.emit(by(queue, job, accessed(queue.id(), random, write)));
    }

    private GpuAccess.Builder accessed(long queue, long random, boolean write) {
        int index = (int) Long.remainderUnsigned(random, mapped.size());
        return GpuAccess.builder()
                .queue(queue)
                .vm(vm().id())
                .address(start() + index * Mm.PAGE_BYTES)
                .length(ACCESS_BYTES)
                .write(write)
                .page(mapped.get(index));
    }

    @Override
    public boolean hasTwoPasses() {
        return false;
    }

    @Override
    public StartPass start(long curSeq, boolean blockable) {
        boolean pins = vm().device().variant().notifierModel() == NotifierModel.PINNED;
        return blockable || pins ? invalidate.apply(curSeq) : new Refusal();
    }

    @Override
    public Call finish() {
        return new Inline(() -> {
            throw new IllegalStateException("amdgpu's notifiers have one pass");
        });
    }
}
