package dev.fenceline.simulator.vm;

import dev.fenceline.event.LongList;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.PteWriter;
import dev.fenceline.event.PteZap;
import dev.fenceline.event.VmaCreate;
import dev.fenceline.event.VmaKind;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.mm.MmuRange;
import dev.fenceline.simulator.ttm.Bo;
import java.util.function.LongFunction;

/**
 * The userptr of amdgpu and i915: a BO over memory of the process (amdgpu_ttm.c:{@code amdgpu_ttm_tt.userptr}), with the notifier that is
 * registered for it and its mapping in one VM. amdgpu pins no pages, i915 does.
 *
 * <p>The pages fetched last become the BO's when it is validated, which maps them for the device; they stay mapped when a notifier
 * strikes, because it is the page tables that protect them, until other pages take their place.
 */
public final class UserptrBoVma extends UserMemoryVma {
    private final Kernel kernel;
    private final Bo bo;
    private final LongFunction<StartPass> invalidate;
    private LongList fetched = LongList.of();
    private long fetchedSeq = -1;

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
        super(vm, start, userptr, bo.bytes());
        this.kernel = vm.kernel();
        this.bo = bo;
        this.invalidate = invalidate;
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

    /** {@code amdgpu_hmm_range_valid}, under the notifier lock: whether the pages fetched last are still those of the process. */
    public boolean isFetchValid() {
        return !notifier().readRetry(fetchedSeq);
    }

    /** Whether the pages fetched last are not those that the BO has. */
    public boolean hasNewPages() {
        return !fetched.equals(pages());
    }

    /** Whether the pages fetched last are those of a fetch that began with {@code seq}. */
    boolean isFetchedAt(long seq) {
        return fetchedSeq == seq;
    }

    void setFetched(LongList found, long seq) {
        fetched = found;
        fetchedSeq = seq;
    }

    @Override
    long boId() {
        return bo.id();
    }

    @Override
    Vma part(long from, long to) {
        throw new IllegalStateException("a userptr BO is mapped whole");
    }

    /** {@code amdgpu_ttm_tt_set_user_pages} and {@code amdgpu_ttm_tt_pin_userptr}, under the reservation: maps them for the device. */
    public void setUserPages() {
        mapDma(fetched);
    }

    /** {@code amdgpu_ttm_tt_unpin_userptr}: the BO has no pages any more. */
    @Override
    public void unmapDma() {
        super.unmapDma();
        forgetPages();
    }

    /** Page tables show it no longer, as the CPU sees to. */
    void clearPtes() {
        forgetEntries();
        kernel.emit(
                PteZap.builder().vm(vm().id()).start(start()).end(end()).tile(0).by(PteWriter.CPU));
    }

    /** {@code update_gpuvm_pte} by the CPU: page tables show the pages that the BO has. */
    public void updatePtes() {
        writePtes(0);
    }

    /** A queue that runs without jobs reads or writes somewhere in it. */
    public void access(long queue, long random, boolean write) {
        kernel.emit(accessed(queue, random, write));
    }

    @Override
    public boolean hasTwoPasses() {
        return false;
    }

    @Override
    public StartPass start(MmuRange range, long curSeq) {
        boolean pins = vm().device().variant().notifierModel() == NotifierModel.PINNED;
        return range.isBlockable() || pins ? invalidate.apply(curSeq) : new Refusal();
    }

    @Override
    public Call finish() {
        return new Inline(() -> {
            throw new IllegalStateException("the notifiers of userptr BOs have one pass");
        });
    }
}
