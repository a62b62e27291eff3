package dev.fenceline.simulator.pagemap;

import dev.fenceline.event.DevmemCopy;
import dev.fenceline.event.DmaMap;
import dev.fenceline.event.DmaUnmap;
import dev.fenceline.event.LongList;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.mm.MigrateVma;
import dev.fenceline.simulator.mm.Mm;
import org.jspecify.annotations.Nullable;

/** xe_svm.c:xe_svm_copy, with drm_pagemap_migrate_map_pages: system pages are mapped for the device while the copy engine uses them. */
final class PageCopy {
    private final Kernel kernel;
    private final long device;
    private final LongList system;
    private final long iova;
    private final DmaFence done;

    /** Starts the copy of what {@code migration} selected, into {@code memory} or out of it. */
    PageCopy(Kernel kernel, Devmem memory, MigrateVma migration, boolean toVram) {
        this.kernel = kernel;
        this.device = memory.owner();
        this.system = toVram ? migration.sources() : migration.targets();
        this.iova = kernel.newId() << 32;
        for (int i = 0; i < system.size(); i++) {
            kernel.emit(DmaMap.builder()
                    .device(device)
                    .page(system.get(i))
                    .iova(iova + i * Mm.PAGE_BYTES)
                    .length(Mm.PAGE_BYTES));
        }
        this.done = memory.bo()
                .device()
                .migrate()
                .copyMirrored(memory.bo(), system.size() * Mm.PAGE_BYTES, toVram)
                .get();
        kernel.emit(DevmemCopy.builder()
                .bo(memory.bo().id())
                .mm(memory.mm().id())
                .start(migration.start())
                .end(migration.end())
                .to(toVram ? Placement.VRAM : Placement.SYSTEM)
                .fence(done.id())
                .sources(migration.sources())
                .targets(migration.targets()));
    }

    /** The wait for it, as all its callers do; null for who is {@code careless}. */
    @Nullable Call await(Deviation careless) {
        return !done.isSignaled() && kernel.deviates(careless) ? null : new FenceWait(done);
    }

    /** {@code drm_pagemap_migrate_unmap_pages}. */
    void end() {
        for (int i = 0; i < system.size(); i++) {
            kernel.emit(DmaUnmap.builder()
                    .device(device)
                    .page(system.get(i))
                    .iova(iova + i * Mm.PAGE_BYTES)
                    .length(Mm.PAGE_BYTES));
        }
        done.put();
    }
}
