package dev.fenceline.simulator.pagemap;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import dev.fenceline.simulator.mm.DeviceMemory;
import dev.fenceline.simulator.mm.MigrateVma;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.MirroredMemory;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A {@code drm_pagemap_devmem} with its {@code drm_pagemap_zdd}: a BO in VRAM whose pages a program has at its addresses. The last of the
 * pages to go takes the BO with it.
 */
public final class Devmem implements DeviceMemory, MirroredMemory, Waits {
    private final Kernel kernel;
    private final Mm mm;
    private final Bo bo;
    private final long start;
    private final long end;
    private final WaitList detaching = new WaitList(this);
    private int references = 1;

    /** {@code drm_pagemap_devmem_init}: {@code bo}, to which it has a reference, is for {@code [start, end)} of {@code mm}. */
    Devmem(Kernel kernel, Mm mm, Bo bo, long start, long end) {
        this.kernel = kernel;
        this.mm = mm;
        this.bo = bo;
        this.start = start;
        this.end = end;
    }

    /** The BO. */
    public Bo bo() {
        return bo;
    }

    Mm mm() {
        return mm;
    }

    long start() {
        return start;
    }

    long end() {
        return end;
    }

    @Override
    public long owner() {
        return bo.device().id();
    }

    /** The place in the BO of what shows at {@code address}, in bytes. */
    public long offset(long address) {
        return address - start;
    }

    /** {@code populate_devmem_pfn}: gives the addresses that {@code migration} selected a page each. */
    void populate(MigrateVma migration) {
        references += (int) migration.count();
        migration.populateFromDevice(address -> bo.frame((address - start) / Mm.PAGE_BYTES), this);
    }

    /** {@code copy_to_devmem} and {@code copy_to_ram}: starts the copy engine; null if nothing was ever written there. */
    @Nullable PageCopy copy(MigrateVma migration, boolean toVram) {
        return migration.sources().size() == 0 ? null : new PageCopy(kernel, this, migration, toVram);
    }

    @Override
    public Call migrateToRam(long address) {
        return MigrateToRam.byFault(this, address);
    }

    @Override
    public Call evict() {
        return new EvictToRam(this);
    }

    @Override
    public void pageIsFree() {
        put();
    }

    /** {@code drm_pagemap_zdd_put}: the last one detaches it and lets go of the BO. */
    void put() {
        if (--references == 0) {
            detaching.wakeAll();
            bo.put();
        }
    }

    /** {@code devmem->detached}: none of its pages shows anywhere. */
    boolean isDetached() {
        return references == 0;
    }

    WaitList detaching() {
        return detaching;
    }

    @Override
    public String label() {
        return "pages of BO " + bo.id();
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        // Who exits gives the pages back, and is a task of its own.
    }
}
