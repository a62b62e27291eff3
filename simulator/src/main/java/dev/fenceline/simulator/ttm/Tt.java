package dev.fenceline.simulator.ttm;

import dev.fenceline.event.DmaAccess;
import dev.fenceline.event.DmaMap;
import dev.fenceline.event.DmaUnmap;
import dev.fenceline.event.TtBackup;
import dev.fenceline.event.TtDestroy;
import dev.fenceline.event.TtPopulate;
import dev.fenceline.event.TtSwapin;
import dev.fenceline.event.TtSwapout;
import dev.fenceline.event.TtUnpopulate;
import dev.fenceline.event.UnpopulateReason;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;

/** A {@code ttm_tt}: system pages of a BO. Each time it is populated it is another generation. */
public final class Tt implements Census.Member, TtmDevice.DmaMapped {
    /** The removal of a device forgets what is not on an LRU: BOs that are pinned stay mapped (rule A-U05). */
    public static final Deviation UNPLUG_SKIPS_PINNED = new Deviation("unplug-leaves-pinned-bo-mapped");

    /** The pages of a new BO of a user come from the pool with what the last owner left in them (rule A-X02). */
    public static final Deviation PAGES_NOT_ZEROED = new Deviation("user-pages-are-not-zeroed", 40);

    private enum Contents {
        NONE,
        PRESENT,
        SWAPPED
    }

    private final Kernel kernel;
    private final TtmDevice device;
    private final String kind;
    private final long pages;
    private final boolean zeroAlloc;
    private final long family;
    private long bo;
    private long generation;
    private long firstPage;
    private long iova;
    private int lent;
    private Contents contents = Contents.NONE;

    /**
     * {@code ttm_tt_create}.
     *
     * @param zeroAlloc {@code TTM_TT_FLAG_ZERO_ALLOC}: nothing overwrites the pages before a user may see them
     */
    Tt(Kernel kernel, Bo bo, boolean zeroAlloc) {
        this.kernel = kernel;
        this.device = bo.device();
        this.family = bo.id();
        this.bo = bo.id();
        this.kind = bo.isOfUser() ? "USER" : "KERNEL";
        this.pages = bo.pages();
        this.zeroAlloc = zeroAlloc;
    }

    /** {@code ttm_tt_populate}: pages from the pool; what was swapped out comes back. */
    void populate(long newGeneration) {
        generation = newGeneration;
        firstPage = kernel.newIds(pages);
        device.countPages(pages);
        device.add(this);
        kernel.enrol(this);
        boolean swapped = contents == Contents.SWAPPED;
        boolean zeroed = zeroAlloc && !swapped && !kernel.deviates(PAGES_NOT_ZEROED);
        contents = Contents.PRESENT;
        kernel.emit(TtPopulate.builder()
                .bo(bo)
                .generation(generation)
                .pages(pages)
                .zeroed(zeroed)
                .type(kind)
                .result(0)
                .device(device.id()));
        if (swapped) {
            kernel.emit(TtSwapin.builder()
                    .bo(bo)
                    .generation(generation)
                    .pages(pages)
                    .zeroed(false)
                    .type(kind)
                    .result(0)
                    .device(device.id()));
        }
    }

    /** {@code ttm_tt_swapout}: the contents go to shmem, the pages back to the pool. */
    void swapOut() {
        kernel.emit(TtSwapout.builder()
                .bo(bo)
                .generation(generation)
                .pages(pages)
                .type(kind)
                .reason(UnpopulateReason.SWAP)
                .freed(true)
                .result(pages)
                .device(device.id()));
        unpopulate(UnpopulateReason.SWAP);
        contents = Contents.SWAPPED;
    }

    /** {@code ttm_tt_backup}: a shrinker saves the contents and frees the pages one by one. */
    void backUp() {
        unmapDma();
        device.countPages(-pages);
        device.remove(this);
        kernel.strike(this);
        contents = Contents.SWAPPED;
        kernel.emit(TtBackup.builder()
                .bo(bo)
                .generation(generation)
                .pages(pages)
                .type(kind)
                .reason(UnpopulateReason.SWAP)
                .freed(true)
                .result(pages)
                .device(device.id()));
    }

    /** {@code ttm_tt_unpopulate}: back to the pool; no device may use the addresses any more. */
    void unpopulate(UnpopulateReason reason) {
        if (contents != Contents.PRESENT) {
            return;
        }
        unmapDma();
        contents = Contents.NONE;
        device.countPages(-pages);
        device.remove(this);
        kernel.strike(this);
        kernel.emit(TtUnpopulate.builder()
                .bo(bo)
                .generation(generation)
                .pages(pages)
                .type(kind)
                .reason(reason)
                .freed(true)
                .device(device.id()));
    }

    /** {@code xe_tt_map_sg}: the device gets addresses for the pages. */
    void mapDma() {
        if (iova == 0 && !device.drm().isUnplugged()) {
            iova = kernel.newId() << 32;
            kernel.emit(DmaMap.builder()
                    .device(device.id())
                    .iova(iova)
                    .length(pages * TtmDevice.PAGE_BYTES)
                    .bo(bo));
        }
    }

    /** {@code xe_tt_unmap_sg}. */
    void unmapDma() {
        if (iova != 0) {
            kernel.emit(DmaUnmap.builder()
                    .device(device.id())
                    .iova(iova)
                    .length(pages * TtmDevice.PAGE_BYTES)
                    .bo(bo));
            iova = 0;
        }
    }

    /** Another device has mapped the pages from now on. */
    void lend() {
        lent++;
    }

    /** Another device has unmapped the pages. */
    void takeBack() {
        lent--;
    }

    @Override
    public void unplug() {
        if (lent == 0) {
            unpopulate(UnpopulateReason.UNPLUG);
        } else if (iova != 0 && !kernel.deviates(UNPLUG_SKIPS_PINNED)) {
            unmapDma();
        }
    }

    /** {@code ttm_tt_destroy}. */
    void destroy() {
        kernel.emit(TtDestroy.builder().bo(bo).generation(generation).device(device.id()));
    }

    /** From here the pages belong to another BO: a ghost. */
    void giveTo(long other) {
        bo = other;
    }

    /** Tells of the store under the BO it was made for, whoever has it since. */
    @Override
    public void tell(Facts facts) {
        facts.of("store", family + "/" + generation);
    }

    boolean isPopulated() {
        return contents == Contents.PRESENT;
    }

    boolean isSwapped() {
        return contents == Contents.SWAPPED;
    }

    long pages() {
        return pages;
    }

    /** The incarnation of page number {@code index}. */
    long page(long index) {
        return firstPage + index;
    }

    /** A device reads or writes the pages through their DMA addresses. */
    void accessByDevice(boolean write) {
        kernel.emit(DmaAccess.builder()
                .device(device.id())
                .bo(bo)
                .generation(generation)
                .write(write));
    }
}
