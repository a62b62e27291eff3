package dev.fenceline.simulator.pagemap;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.MigrateVma;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.CreateBo;
import dev.fenceline.simulator.ttm.TtmDevice;
import dev.fenceline.simulator.unplug.DrmDevice;
import org.jspecify.annotations.Nullable;

/**
 * drm_pagemap.c:drm_pagemap_populate_mm with xe_svm.c:xe_drm_pagemap_populate_mm and drm_pagemap_migrate_to_devmem: what a program has at
 * some addresses goes into VRAM, all of it or nothing. What is swapped out, or on its way elsewhere, stays where it is, and all with it.
 */
public final class PopulateMm extends Call {
    /** Nobody waits for the copy: the pages that the copy engine still reads go back to the system (rule A-T08). */
    public static final Deviation DOES_NOT_WAIT = new Deviation("svm-system-pages-freed-before-copy");

    private static final int ENOMEM = -12;
    private static final int EFAULT = -14;
    private static final int EBUSY = -16;
    private static final int ENODEV = -19;

    private static final Path<PopulateMm> PATH = Path.<PopulateMm>named("drm_pagemap_populate_mm")
            .run(PopulateMm::getMm)
            .returnIf(populate -> populate.result != 0)
            .lock(populate -> populate.mm.mmapLock(), Lock.Mode.R)
            .run(PopulateMm::enterDevice)
            .when(populate -> populate.result == 0, PopulateMm::populate)
            .unlock(populate -> populate.mm.mmapLock())
            .run(populate -> populate.mm.put(populate.task()))
            .end();

    private final TtmDevice device;
    private final Mm mm;
    private final long start;
    private final long end;
    private final CreateBo create;
    private final MigrateVma migration;
    private final Local<Devmem> memory = new Local<>();
    private @Nullable PageCopy copy;
    private int section;
    private int result;

    /** Moves {@code [start, end)} of {@code mm} into VRAM of {@code device}, on behalf of {@code client}. */
    public PopulateMm(TtmDevice device, Mm mm, long start, long end, long client) {
        this.device = device;
        this.mm = mm;
        this.start = start;
        this.end = end;
        this.create = CreateBo.mirroring(device, end - start, client);
        this.migration = new MigrateVma(mm, start, end);
    }

    /**
     * 0, -EFAULT if the process is gone, -ENODEV if the device is, -ENOMEM if there is no room, or -EBUSY if not all of it could be moved.
     */
    public int result() {
        return result;
    }

    private static Path.Builder<PopulateMm> populate(Path.Builder<PopulateMm> path) {
        return path.call(populate -> populate.create)
                .run(populate -> populate.result = populate.create.succeeded() ? 0 : ENOMEM)
                .when(populate -> populate.result == 0, PopulateMm::migrate)
                .run(populate -> populate.device.drm().exit(populate.section));
    }

    /** {@code drm_pagemap_migrate_to_devmem}, with the BO locked. */
    private static Path.Builder<PopulateMm> migrate(Path.Builder<PopulateMm> path) {
        return path.run(PopulateMm::initDevmem)
                .call(populate -> populate.migration.setupToDevice())
                .run(populate -> populate.result = populate.migration.isWhole() ? 0 : EBUSY)
                .when(
                        populate -> populate.result == 0,
                        whole -> whole.run(PopulateMm::startCopy)
                                .call(populate -> populate.copy == null ? null : populate.copy.await(DOES_NOT_WAIT))
                                .run(PopulateMm::endCopy)
                                .call(populate -> populate.migration.movePages()))
                .run(PopulateMm::finish);
    }

    private void getMm() {
        if (mm.isReleased()) {
            result = EFAULT;
        } else {
            mm.get(task());
        }
    }

    private void enterDevice() {
        section = device.drm().enter();
        result = section == DrmDevice.NOT_ENTERED ? ENODEV : 0;
    }

    private void initDevmem() {
        Bo bo = create.bo();
        memory.set(new Devmem(kernel(), mm, bo.get(), start, end));
        bo.setMirrored(memory.get());
    }

    private void startCopy() {
        memory.get().populate(migration);
        copy = memory.get().copy(migration, true);
    }

    private void endCopy() {
        if (copy != null) {
            copy.end();
        }
    }

    private void finish() {
        migration.finish();
        memory.get().put();
        create.bo().resv().lock().release(task());
        create.bo().put();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
