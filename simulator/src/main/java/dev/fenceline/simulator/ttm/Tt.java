package dev.fenceline.simulator.ttm;

import dev.fenceline.event.DmaAccess;
import dev.fenceline.event.DmaMap;
import dev.fenceline.event.DmaUnmap;
import dev.fenceline.event.TtDestroy;
import dev.fenceline.event.TtPopulate;
import dev.fenceline.event.TtUnpopulate;
import dev.fenceline.event.UnpopulateReason;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;

/** A {@code ttm_tt}: system pages of a BO, mapped for the device. Each time it is populated it is another generation. */
public final class Tt implements Census.Member {
    private static final String KIND = "USER";

    private final Kernel kernel;
    private final long device;
    private final long pages;
    private final long generation;
    private final long family;
    private long bo;
    private long iova;
    private boolean populated;

    Tt(Kernel kernel, long device, long bo, long bytes, long generation) {
        this.kernel = kernel;
        this.device = device;
        this.family = bo;
        this.bo = bo;
        this.pages = (bytes + TtmDevice.PAGE_BYTES - 1) / TtmDevice.PAGE_BYTES;
        this.generation = generation;
    }

    /** {@code ttm_tt_populate}: pages from the pool, mapped for DMA. */
    void populate(boolean zeroed) {
        populated = true;
        kernel.memory().take(pages);
        kernel.enrol(this);
        iova = kernel.newId() << 32;
        kernel.emit(TtPopulate.builder()
                .bo(bo)
                .generation(generation)
                .pages(pages)
                .zeroed(zeroed)
                .type(KIND)
                .result(0)
                .device(device));
        kernel.emit(DmaMap.builder()
                .device(device)
                .iova(iova)
                .length(pages * TtmDevice.PAGE_BYTES)
                .bo(bo));
    }

    /** {@code ttm_tt_unpopulate}: unmapped and back to the pool; no device may use the addresses any more. */
    void unpopulate(UnpopulateReason reason) {
        if (!populated) {
            return;
        }
        populated = false;
        kernel.memory().give(pages);
        kernel.strike(this);
        kernel.emit(DmaUnmap.builder()
                .device(device)
                .iova(iova)
                .length(pages * TtmDevice.PAGE_BYTES)
                .bo(bo));
        kernel.emit(TtUnpopulate.builder()
                .bo(bo)
                .generation(generation)
                .pages(pages)
                .type(KIND)
                .reason(reason)
                .freed(true)
                .device(device));
    }

    /** {@code ttm_tt_destroy}. */
    void destroy() {
        kernel.emit(TtDestroy.builder().bo(bo).generation(generation).device(device));
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
        return populated;
    }

    /** A device reads or writes the pages through their DMA addresses. */
    void accessByDevice(boolean write) {
        kernel.emit(
                DmaAccess.builder().device(device).bo(bo).generation(generation).write(write));
    }
}
