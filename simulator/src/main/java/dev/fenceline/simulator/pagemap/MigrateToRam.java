package dev.fenceline.simulator.pagemap;

import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.MigrateVma;
import dev.fenceline.simulator.mm.Mm;
import org.jspecify.annotations.Nullable;

/**
 * drm_pagemap.c:__drm_pagemap_migrate_to_ram and the second half of drm_pagemap_evict_to_ram: what is in VRAM of one allocation is copied
 * into pages of the system, which the addresses show when that is done; then the VRAM goes back.
 */
public final class MigrateToRam extends Call {
    /** The program that faulted goes on while the copy engine still fills its page (rule A-T05). */
    public static final Deviation DOES_NOT_WAIT = new Deviation("svm-cpu-fault-does-not-wait-for-copy", 6);

    /** VRAM goes back to its manager while the copy engine still reads it, and a page of it to who asks next (rule A-T08). */
    public static final Deviation FREES_VRAM_EARLY = new Deviation("svm-vram-freed-before-copy-back");

    private static final Path<MigrateToRam> PATH = Path.<MigrateToRam>named("__drm_pagemap_migrate_to_ram")
            .call(back -> back.setup)
            .returnIf(back -> back.migration.count() == 0)
            .call(back -> back.allocation.set(new AllocatePages(Gfp.HIGHUSER, back.migration.count())))
            .when(
                    MigrateToRam::hasPages,
                    go -> go.run(MigrateToRam::startCopy)
                            .call(back -> back.copy == null ? null : back.copy.await(back.careless)))
            .run(MigrateToRam::finish)
            .end();

    private final Devmem memory;
    private final MigrateVma migration;
    private final Call setup;
    private final Deviation careless;
    private final boolean isEviction;
    private final Local<AllocatePages> allocation = new Local<>();
    private @Nullable PageCopy copy;

    private MigrateToRam(Devmem memory, MigrateVma migration, Call setup, Deviation careless, boolean isEviction) {
        this.memory = memory;
        this.migration = migration;
        this.setup = setup;
        this.careless = careless;
        this.isEviction = isEviction;
    }

    /** {@code drm_pagemap_migrate_to_ram}, of all that is mapped around {@code address}; under {@code mmap_lock}. */
    static MigrateToRam byFault(Devmem memory, long address) {
        Mm.PageRun area = memory.mm().areaAt(address);
        long start = area == null ? memory.start() : Math.max(memory.start(), area.start());
        long end = area == null ? memory.end() : Math.min(memory.end(), area.end());
        MigrateVma migration = new MigrateVma(memory.mm(), start, end);
        return new MigrateToRam(memory, migration, migration.setupFromDevice(memory), DOES_NOT_WAIT, false);
    }

    /** Of all that there is, whoever has mapped it, without {@code mmap_lock}. */
    static MigrateToRam byEviction(Devmem memory) {
        MigrateVma migration = new MigrateVma(memory.mm(), memory.start(), memory.end());
        return new MigrateToRam(memory, migration, migration.setupFromFrames(memory), FREES_VRAM_EARLY, true);
    }

    private void startCopy() {
        migration.populateFromSystem();
        copy = memory.copy(migration, false);
    }

    /** Who evicts for others takes from the reserves what a task that is being killed does not get. */
    private boolean hasPages() {
        return isEviction || allocation.get().result() == 0;
    }

    private void finish() {
        migration.finish();
        if (copy != null) {
            copy.end();
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
